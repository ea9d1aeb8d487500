package dev.millrace.loadtest.bench;

import dev.millrace.loadtest.fixture.FixtureModel;
import dev.millrace.loadtest.generator.Measurement;
import dev.millrace.loadtest.traffic.Protocol;

/**
 * One line of the table; `load` says how requests arrived, `cpuMicros` is the server's processor
 * time per answer.
 */
record BenchLine(
    FixtureModel model, Protocol protocol, String load, Measurement measured, double cpuMicros) {}
