"""What each keyword answers: one <keyword>.py a keyword, pure functions that the registry loads."""
