package dev.millrace.serving.api.edge;

/** What clients may change while the server runs. */
public record ChangeableSettings(LogSettings logs, TraceSettings traces) {}
