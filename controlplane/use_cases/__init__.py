"""The stories: answer a call, place one, link an answer, end, sweep."""
