package dev.millrace.trainer;

import dev.millrace.trainer.command.ConsoleLine;
import dev.millrace.trainer.command.TrainArguments;
import dev.millrace.trainer.command.TrainCommand;
import dev.millrace.trainer.command.UsageException;
import dev.millrace.trainer.config.StartChecks;
import dev.millrace.trainer.config.StartRefused;
import dev.millrace.trainer.retraining.ProgressLine;
import dev.millrace.trainer.retraining.RecipeException;
import dev.millrace.trainer.retraining.Retrainings;
import java.util.Arrays;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;

/** Starts the trainer as a server, or with {@code train RECIPE} in the foreground. */
@SpringBootApplication
public class TrainerApplication {
  private static final int WRONG_USAGE = 2;

  /** Entry point; the exit code is 0, 1 after a failure, 2 for arguments that make no sense. */
  public static void main(String[] arguments) throws InterruptedException {
    try {
      if (arguments.length > 0 && arguments[0].equals("train")) {
        System.exit(train(Arrays.asList(arguments).subList(1, arguments.length)));
      }
      serve(arguments);
    } catch (UsageException | RecipeException e) {
      System.err.println("millrace: " + e.getMessage());
      System.exit(WRONG_USAGE);
    } catch (StartRefused e) {
      System.err.println("millrace: " + e.getMessage());
      System.exit(1);
    }
  }

  private static void serve(String[] arguments) {
    StartChecks.require(System.getenv());
    var application = new SpringApplication(TrainerApplication.class);
    application.setRegisterShutdownHook(false);
    var context = application.run(arguments);
    // A JVM that SIGTERM ends says 143; a clean stop is 0.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  context.close();
                  Runtime.getRuntime().halt(0);
                },
                "stop"));
  }

  private static int train(List<String> arguments) throws InterruptedException {
    var recipe = TrainArguments.recipe(arguments);
    ProgressLine line = new ConsoleLine(System.out, ConsoleLine.Kind.ofStandardOutput());
    try (var context =
        new SpringApplicationBuilder(TrainerApplication.class)
            .web(WebApplicationType.NONE)
            .initializers(fresh -> fresh.getBeanFactory().registerSingleton("progressLine", line))
            .run("--logging.level.dev.millrace=warn")) {
      return new TrainCommand(context.getBean(Retrainings.class), System.out).run(recipe);
    }
  }
}
