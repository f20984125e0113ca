"""What several rooms' tests share: fakes with words, small projects, and the program as a process."""
