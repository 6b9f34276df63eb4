"""What developers run; tests import from here what the scripts decide."""
