# FailureAction=exit-force with a status of its own, not the one of the main process.
finish() { berthctl start --no-block core; }
