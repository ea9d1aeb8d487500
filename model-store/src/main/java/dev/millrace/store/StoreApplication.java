package dev.millrace.store;

import dev.millrace.store.failure.StartFailure;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;

/** The process: starts the store, says where it listens, and stops it on SIGTERM. */
@SpringBootApplication(
    exclude = {
      DataSourceAutoConfiguration.class,
      DataSourceTransactionManagerAutoConfiguration.class,
      FlywayAutoConfiguration.class
    })
public class StoreApplication {
  private static final Logger log = LoggerFactory.getLogger(StoreApplication.class);

  /** Runs until SIGTERM or SIGINT; exit 0 after a clean stop, 1 when it cannot start. */
  public static void main(String[] arguments) {
    try {
      var context = start(arguments);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(context), "stop"));
    } catch (RuntimeException e) {
      System.err.println("model-store: " + StartFailure.explain(e));
      System.exit(1);
    }
  }

  /** A started store; the caller closes it. */
  static ConfigurableApplicationContext start(String... arguments) {
    var application = new SpringApplication(StoreApplication.class);
    application.setRegisterShutdownHook(false);
    application.addInitializers(context -> requireTokenBeyondLoopback(context.getEnvironment()));
    var context = application.run(arguments);
    var environment = context.getEnvironment();
    log.info(
        "Store is ready: address={} port={} home={}",
        environment.getProperty("server.address"),
        environment.getProperty("local.server.port"),
        environment.getProperty("millrace.home"));
    return context;
  }

  private static void stop(ConfigurableApplicationContext context) {
    context.close();
    log.info("Store has stopped");
    // The JVM would report the signal; a clean stop is no failure.
    Runtime.getRuntime().halt(0);
  }

  private static void requireTokenBeyondLoopback(Environment environment) {
    var address = environment.getRequiredProperty("server.address");
    if (environment.getProperty("millrace.store-token", "").isEmpty() && !isLoopback(address)) {
      throw new StartFailure(
          "MILLRACE_STORE_ADDRESS is '%s', which others can reach, but MILLRACE_STORE_TOKEN is not set. Set a token, or use 127.0.0.1."
              .formatted(address));
    }
  }

  private static boolean isLoopback(String address) {
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new StartFailure(
          "MILLRACE_STORE_ADDRESS is '%s', which is no address of this machine. Use 127.0.0.1 or 0.0.0.0."
              .formatted(address));
    }
  }
}
