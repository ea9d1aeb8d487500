package dev.millrace.store.edge;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.Objects;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.context.request.RequestAttributes;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;

/**
 * Lets a request that waits know whether its caller does so too. Servlets have no word for that:
 * they learn of a closed connection when they write the answer.
 */
final class CallerValve extends ValveBase {
  private static final String ATTRIBUTE = CallerValve.class.getName();
  // Tomcat has this many bytes at hand when its connection cannot be read any more.
  private static final int BROKEN = 1;

  CallerValve() {
    super(true);
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    request.setAttribute(ATTRIBUTE, new Connection(request.getCoyoteRequest()));
    getNext().invoke(request, response);
  }

  /** The caller at the other end of a connection. */
  private record Connection(org.apache.coyote.Request request) implements Caller {
    /** Reads without waiting; what comes early of a next request stays where it is read from. */
    @Override
    public boolean isThere() {
      request.action(ActionCode.AVAILABLE, true);
      return request.getAvailable() != BROKEN;
    }
  }

  /** Hands the caller to those who ask for it. */
  static final class Resolver implements HandlerMethodArgumentResolver {
    @Override
    public boolean supportsParameter(MethodParameter parameter) {
      return parameter.getParameterType() == Caller.class;
    }

    @Override
    public Caller resolveArgument(
        MethodParameter parameter,
        @Nullable ModelAndViewContainer container,
        NativeWebRequest request,
        @Nullable WebDataBinderFactory binders) {
      return (Caller)
          Objects.requireNonNull(request.getAttribute(ATTRIBUTE, RequestAttributes.SCOPE_REQUEST));
    }
  }
}
