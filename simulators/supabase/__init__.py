"""The storage of a Supabase project, as its API's clients see it."""
