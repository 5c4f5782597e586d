"""Child processes of the demo: started, watched and stopped by one owner."""
