"""`python -m agents`: one worker, in production mode."""

from agents.worker import main

# job processes import this module again under another name; they must not start a worker
if __name__ == "__main__":
    raise SystemExit(main())
