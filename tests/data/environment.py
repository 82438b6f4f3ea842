"""The least that a control plane has to be told."""

LEAST = {
    "WA_VERIFY_TOKEN": "verify-me",
    "WA_APP_SECRET": "app-secret-value",
    "WA_ACCESS_TOKEN": "EAAtoken",
    "WA_PHONE_NUMBER_ID": "436666719526789",
    "LIVEKIT_URL": "wss://sfu.example/",
    "LIVEKIT_API_KEY": "devkey",
    "LIVEKIT_API_SECRET": "livekit-secret-value",
    "SUPABASE_URL": "https://db.example",
    "SUPABASE_SECRET_KEY": "sb_secret_value",
}
