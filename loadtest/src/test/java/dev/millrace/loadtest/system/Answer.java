package dev.millrace.loadtest.system;

import java.nio.FloatBuffer;

/** Which version answered, and its probabilities, ten per picture. */
record Answer(String version, FloatBuffer probabilities) {}
