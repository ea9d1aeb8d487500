package dev.millrace.serving.repository;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How to follow a model store.
 *
 * @param alias the version of each registered model that has it is served
 * @param pollInterval between two looks
 * @param watch how long the store may take to answer when no alias moves; zero for polling alone
 * @param cache folder of this service for packages and for what it last served; made when missing
 */
public record StoreSettings(String alias, Duration pollInterval, Duration watch, Path cache) {}
