"""What the audit of a data set is made of: frames are measured against their depth, judged together and recorded."""
