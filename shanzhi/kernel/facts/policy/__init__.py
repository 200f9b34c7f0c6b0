"""What a fact is: tables and columns, and how they follow from the journal. No Django, no database, no clock."""
