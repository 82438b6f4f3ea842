"""The dashboard's server side: who is signed in, its files, what its pages alone ask for."""
