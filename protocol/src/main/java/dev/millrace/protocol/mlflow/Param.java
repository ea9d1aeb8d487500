package dev.millrace.protocol.mlflow;

/** A parameter of a run or logged model, written once. */
public record Param(String key, String value) {}
