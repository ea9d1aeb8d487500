package dev.millrace.serving.config;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * Runs an action at SIGTERM or SIGINT instead of the JVM's shutdown. In a shutdown all hooks run at
 * once, and the hook of ONNX Runtime closes its environment under the runs that are still to be
 * answered. The JDK's signal class is internal, so it is reached by name: javac refuses it
 * otherwise.
 */
final class TerminationSignals {
  private TerminationSignals() {}

  /** The action runs on a thread of its own. */
  static void handle(Runnable action) {
    try {
      for (var name : List.of("TERM", "INT")) {
        handle(name, action);
      }
    } catch (ReflectiveOperationException e) {
      throw new StartFailure("This JVM has no signal handlers: " + e);
    }
  }

  private static void handle(String name, Runnable action) throws ReflectiveOperationException {
    var signalType = Class.forName("sun.misc.Signal");
    var handlerType = Class.forName("sun.misc.SignalHandler");
    InvocationHandler run =
        (_, method, _) ->
            switch (method.getName()) {
              case "handle" -> {
                // No daemon: the JVM must not end with its last other thread meanwhile.
                Thread.ofPlatform().name("stop").daemon(false).start(action);
                yield null;
              }
              case "equals" -> false;
              case "hashCode" -> name.hashCode();
              default -> name + " handler";
            };
    var handler =
        Proxy.newProxyInstance(
            TerminationSignals.class.getClassLoader(), new Class<?>[] {handlerType}, run);
    signalType
        .getMethod("handle", signalType, handlerType)
        .invoke(null, signalType.getConstructor(String.class).newInstance(name), handler);
  }
}
