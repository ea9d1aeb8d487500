package dev.millrace.serving.config;

import dev.millrace.serving.device.ProcessMemory;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;

/** The process: starts the service, and stops it on SIGTERM. */
public final class ServingProcess {
  private static final Logger log = LoggerFactory.getLogger(ServingProcess.class);

  private ServingProcess() {}

  /**
   * Returns once the service listens; it runs until SIGTERM or SIGINT. Exit status 0 after a clean
   * stop, 1 with one sentence on standard error when it cannot start.
   */
  public static void run(String... arguments) {
    CompilerThreads.yieldToRequests();
    ProcessMemory.mapLargeBlocks();
    leaveLeakSearchToTests();
    var environment = new AtomicReference<Environment>();
    try {
      var context = start(environment, arguments);
      TerminationSignals.handle(() -> stop(context));
    } catch (SpringApplication.AbandonedRunException prepared) {
      // Spring writes the beans down for later starts, and runs nothing.
      throw prepared;
    } catch (RuntimeException failure) {
      System.err.println("service: " + StartFailures.explain(failure, environment.get()));
      System.exit(1);
    }
  }

  /**
   * Netty follows one buffer in 128 to its end, with stack traces. That takes a twentieth of a
   * small gRPC request (docs/decisions/0011-hot-path.md) and finds what the tests, where it stays
   * on, find before.
   */
  private static void leaveLeakSearchToTests() {
    var level = "io.netty.leakDetection.level";
    if (System.getProperty(level) == null) {
      System.setProperty(level, "disabled");
    }
  }

  /** A started service; the caller closes it. */
  static ConfigurableApplicationContext start(String... arguments) {
    return start(new AtomicReference<>(), arguments);
  }

  private static ConfigurableApplicationContext start(
      AtomicReference<Environment> environment, String... arguments) {
    var application = new SpringApplication(ServingConfiguration.class);
    application.setRegisterShutdownHook(false);
    application.addInitializers(context -> environment.set(context.getEnvironment()));
    return application.run(arguments);
  }

  private static void stop(ConfigurableApplicationContext context) {
    log.info("Service is stopping");
    context.close();
    log.info("Service has stopped");
    System.exit(0);
  }
}
