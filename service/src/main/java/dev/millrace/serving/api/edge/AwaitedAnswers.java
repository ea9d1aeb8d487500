package dev.millrace.serving.api.edge;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;

/** Counts the requests of one connection that Spring has got and not answered to the end. */
final class AwaitedAnswers {
  private int count;
  private boolean informational;

  boolean none() {
    return count == 0;
  }

  /** A message goes on to Spring. */
  void passed(Object message) {
    if (message instanceof HttpRequest) {
      count++;
    }
  }

  /** A message comes from Spring; true when it ends an answer. */
  boolean endedBy(Object message) {
    if (message instanceof HttpResponse response) {
      informational = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }
    boolean ended = message instanceof LastHttpContent && !informational && count > 0;
    if (ended) {
      count--;
    }
    return ended;
  }
}
