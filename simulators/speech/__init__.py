"""A voice and an ear: text to audio and back, in processes of their own."""
