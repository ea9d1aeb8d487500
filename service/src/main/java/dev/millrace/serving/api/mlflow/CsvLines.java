package dev.millrace.serving.api.mlflow;

import dev.millrace.serving.api.json.JsonBody;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes comma-separated values apart as RFC 4180 has them: a cell may be in quotes, in which two
 * quotes stand for one. Lines without a character are passed over.
 */
final class CsvLines {
  private final ByteBuf text;
  private final int end;
  private int at;
  private int line;
  private int nextLine = 1;

  /** At the first line of UTF-8 text; a byte order mark is passed over. */
  CsvLines(ByteBuf text) {
    this.text = text;
    at = text.readerIndex();
    end = text.writerIndex();
    if (end - at >= 3 && text.getUnsignedMedium(at) == 0xefbbbf) {
      at += 3;
    }
  }

  /** The cells of the next line; null behind the last. */
  @Nullable List<String> next() {
    while (at < end && isBreak(text.getByte(at))) {
      passBreak();
    }
    if (at == end) {
      return null;
    }
    line = nextLine;
    var cells = new ArrayList<String>();
    cells.add(cell());
    while (at < end && text.getByte(at) == ',') {
      at++;
      cells.add(cell());
    }
    passBreak();
    return cells;
  }

  /** Where the cells that {@link #next} gave last begin, counted from 1. */
  int lineNumber() {
    return line;
  }

  private String cell() {
    return at < end && text.getByte(at) == '"' ? quoted() : plain();
  }

  private String plain() {
    int start = at;
    while (at < end && text.getByte(at) != ',' && !isBreak(text.getByte(at))) {
      at++;
    }
    return text.toString(start, at - start, StandardCharsets.UTF_8).strip();
  }

  private String quoted() {
    var parts = new StringBuilder();
    int start = at + 1;
    at = closingQuote(start);
    parts.append(text.toString(start, at - start, StandardCharsets.UTF_8));
    at++;
    while (at < end && text.getByte(at) == '"') {
      // This quote is the second of a pair, and the text that follows begins with it.
      start = at;
      at = closingQuote(start + 1);
      parts.append(text.toString(start, at - start, StandardCharsets.UTF_8));
      at++;
    }
    requireEndOfCell();
    return parts.toString();
  }

  private int closingQuote(int from) {
    for (int i = from; i < end; i++) {
      byte b = text.getByte(i);
      if (b == '"') {
        return i;
      }
      nextLine += b == '\n' ? 1 : 0;
    }
    throw JsonBody.refusal("line %d: a cell whose quotes do not end".formatted(line));
  }

  private void requireEndOfCell() {
    if (at < end && text.getByte(at) != ',' && !isBreak(text.getByte(at))) {
      throw JsonBody.refusal("line %d: text behind the quotes of a cell".formatted(line));
    }
  }

  private void passBreak() {
    if (at < end && text.getByte(at) == '\r') {
      at++;
    }
    if (at < end && text.getByte(at) == '\n') {
      at++;
    }
    nextLine++;
  }

  private static boolean isBreak(byte b) {
    return b == '\n' || b == '\r';
  }
}
