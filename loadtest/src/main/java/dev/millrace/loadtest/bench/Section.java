package dev.millrace.loadtest.bench;

/** What one part found: its tables as Markdown, and how many requests failed that should not. */
record Section(String text, long errors) {}
