"""The names of the tools that come with wacall: what a profile may allow."""

ALWAYS = ("endCall", "doNotCall", "requestHuman", "offPurpose")
"""Those that no profile takes away: the way out, the way to a person, the line's own purpose."""
CHOSEN = ("upsertLead", "scheduleFollowUp", "logOutcome", "sendMessage")
"""Those that a profile may leave out."""
RECORDED = ("declineRecording",)
"""Those of calls that are recorded."""
OUTBOUND = ("voicemailReached",)
"""Those of calls that the business has placed."""
BUILT_IN = (*ALWAYS, *CHOSEN, *RECORDED)
