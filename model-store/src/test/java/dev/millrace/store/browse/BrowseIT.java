package dev.millrace.store.browse;

import static java.net.http.HttpRequest.BodyPublishers.ofByteArray;
import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import dev.millrace.store.RunningStore.Answer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files by the run, logged model or version that they belong to. */
class BrowseIT {
  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home);
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void fetchesAFileOfARun() {
    var run = run("plots/a b.svg", "<svg/>");
    for (String name : List.of("run_uuid", "run_id")) {
      var answer = get("/get-artifact?path=plots/a+b.svg&" + name + "=" + run);
      assertThat(answer.text()).isEqualTo("<svg/>");
      assertThat(header(answer, "content-disposition")).startsWith("attachment;");
      assertThat(header(answer, "content-security-policy")).contains("sandbox");
      assertThat(header(answer, "x-content-type-options")).isEqualTo("nosniff");
    }
    get("/get-artifact?path=no&run_id=" + run)
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "No such artifact");
    get("/get-artifact?path=plots&run_id=" + run)
        .refused(400, "INVALID_PARAMETER_VALUE", "refers to a directory");
    get("/get-artifact?path=..%2F..&run_id=" + run)
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid path");
    get("/get-artifact?run_id=" + run)
        .refused(400, "INVALID_PARAMETER_VALUE", "required parameter 'path'");
    get("/get-artifact?path=a").refused(400, "INVALID_PARAMETER_VALUE", "'run_uuid'");
    get("/get-artifact?path=a&run_id=none").refused(404, "RESOURCE_DOES_NOT_EXIST", "Run with id");
  }

  @Test
  void fetchesAFileOfAVersion() {
    var run = run("model/MLmodel", "flavors:");
    store.post("registered-models/create", "{\"name\":\"fetched\"}").ok();
    store
        .post(
            "model-versions/create",
            """
            {"name":"fetched","run_id":"%s","source":"mlflow-artifacts:/0/%s/artifacts/model"}\
            """
                .formatted(run, run))
        .ok();
    var route = "/model-versions/get-artifact?path=MLmodel&name=fetched&version=";
    assertThat(get(route + "1").text()).isEqualTo("flavors:");
    get(route + "2").refused(404, "RESOURCE_DOES_NOT_EXIST", "version=2");
    get(route + "x").refused(400, "INVALID_PARAMETER_VALUE", "must be an integer");
  }

  @Test
  void takesAFileFromABrowser() {
    var run = store.run("0");
    var route = "/ajax-api/2.0/mlflow/upload-artifact?run_uuid=" + run + "&path=notes%2Fa+b.md";
    var answer =
        store.send(
            store
                .request(route)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(ofString("path=x&run_uuid=y")));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(home.resolve("store/artifacts/0/" + run + "/artifacts/notes/a b.md"))
        .hasContent("path=x&run_uuid=y");
    upload(route, new byte[0]).refused(400, "INVALID_PARAMETER_VALUE", "must specify data");
    upload(route, new byte[(10 << 20) + 1])
        .refused(400, "INVALID_PARAMETER_VALUE", "Max size is 10MB");
    upload("/ajax-api/2.0/mlflow/upload-artifact?run_uuid=" + run, new byte[1])
        .refused(400, "INVALID_PARAMETER_VALUE", "Request must specify path.");
    upload("/ajax-api/2.0/mlflow/upload-artifact?path=a", new byte[1])
        .refused(400, "INVALID_PARAMETER_VALUE", "Request must specify run_uuid.");
    upload(route.replace("notes", ".."), new byte[1])
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid path");
  }

  @Test
  void listsTenThousandFilesInPages() throws IOException {
    var run = store.run("0");
    var folder = home.resolve("store/artifacts/0/" + run + "/artifacts/many");
    Files.createDirectories(folder);
    for (int i = 0; i < 10_000; i++) {
      Files.createFile(folder.resolve("%05d".formatted(i)));
    }
    var route = "artifacts/list?path=many&run_id=" + run;
    assertThat(store.get(route).ok().path("files").size()).isEqualTo(10_000);
    var seen = new ArrayList<String>();
    var token = "";
    do {
      var page = store.get(route + "&max_results=3000&page_token=" + token).ok();
      page.path("files").forEach(file -> seen.add(RunningStore.text(file, "/path")));
      token = page.path("next_page_token").asString("");
    } while (!token.isEmpty());
    assertThat(seen).hasSize(10_000).doesNotHaveDuplicates().isSorted();
    assertThat(seen.getLast()).isEqualTo("many/09999");
    store
        .get(route + "&page_token=x")
        .refused(400, "INVALID_PARAMETER_VALUE", "Invalid page token");
    store
        .get(route + "&max_results=50001")
        .refused(400, "INVALID_PARAMETER_VALUE", "at most 50000");
  }

  @Test
  void aLocationThatIsNoUriDoesNotConfuseIt() {
    var experiment =
        RunningStore.text(
            store
                .post(
                    "experiments/create",
                    "{\"name\":\"odd\",\"artifact_location\":\"mlflow-artifacts:/my folder%zz\"}")
                .ok(),
            "/experiment_id");
    assertThat(store.get("artifacts/list?run_id=" + store.run(experiment)).ok().has("files"))
        .isFalse();
  }

  @Test
  void givesLinksToFetchAndToWriteFilesOfRuns() {
    var run = run("file.txt", "content");
    var download =
        store
            .post(
                "artifacts/presigned-download-url",
                "{\"run_id\":\"" + run + "\",\"path\":\"file.txt\",\"expiration\":60}")
            .ok();
    assertThat(download.path("file_size").asInt()).isEqualTo(7);
    assertThat(fetch(RunningStore.text(download, "/presigned_url")).text()).isEqualTo("content");
    var upload =
        store
            .post(
                "artifacts/presigned-upload-url",
                "{\"run_id\":\"" + run + "\",\"path\":\"in/new.txt\"}")
            .ok();
    var link = URI.create(RunningStore.text(upload, "/presigned_url"));
    assertThat(store.send(HttpRequest.newBuilder(link).PUT(ofString("new"))).status())
        .isEqualTo(200);
    assertThat(get("/get-artifact?path=in/new.txt&run_id=" + run).text()).isEqualTo("new");
    store
        .post("artifacts/presigned-upload-url", "{\"path\":\"x\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "Exactly one of run_id and model_id");
    for (String expiration : List.of("0", "604801")) {
      store
          .post(
              "artifacts/presigned-download-url",
              "{\"run_id\":\"%s\",\"path\":\"file.txt\",\"expiration\":%s}"
                  .formatted(run, expiration))
          .refused(400, "INVALID_PARAMETER_VALUE", "between 1 and 604800 seconds");
    }
  }

  @Test
  void givesLinksToWriteFilesOfLoggedModels() {
    var created = store.post("logged-models", "{\"experiment_id\":\"0\",\"name\":\"m\"}").ok();
    var model = RunningStore.text(created, "/model/info/model_id");
    var link =
        store
            .post(
                "artifacts/presigned-upload-url",
                "{\"model_id\":\"" + model + "\",\"path\":\"MLmodel\"}")
            .ok();
    var uri = URI.create(RunningStore.text(link, "/presigned_url"));
    assertThat(store.send(HttpRequest.newBuilder(uri).PUT(ofString("x"))).status()).isEqualTo(200);
    var listing = store.get("logged-models/" + model + "/artifacts/directories").ok();
    assertThat(RunningStore.text(listing, "/files/0/path")).isEqualTo("MLmodel");
  }

  private static String run(String path, String content) {
    var run = store.run("0");
    var route = "/api/2.0/mlflow-artifacts/artifacts/0/" + run + "/artifacts/";
    var answer = store.send(store.request(route + path.replace(" ", "%20")).PUT(ofString(content)));
    assertThat(answer.status()).isEqualTo(200);
    return run;
  }

  private static Answer upload(String route, byte[] content) {
    return store.send(store.request(route).POST(ofByteArray(content)));
  }

  private static Answer get(String path) {
    return store.send(store.request(path));
  }

  private static Answer fetch(String link) {
    return store.send(HttpRequest.newBuilder(URI.create(link)));
  }

  private static String header(Answer answer, String name) {
    return answer.response().headers().firstValue(name).orElse("");
  }
}
