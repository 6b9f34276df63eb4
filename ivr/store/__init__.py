"""SQLite: schema, migrations and the journal, which is the one record of what happened."""
