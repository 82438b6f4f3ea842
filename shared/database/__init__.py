"""The Supabase project that both services write to."""
