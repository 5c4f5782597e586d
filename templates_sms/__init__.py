"""Every word a participant can receive: <keyword>.<language>.txt."""
