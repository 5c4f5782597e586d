"""The pages of the console: every module of this folder is looked through for them (smsgw.console.page)."""
