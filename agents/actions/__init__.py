"""Tools that operators declare: how a request to their servers is made, guarded, and told of."""
