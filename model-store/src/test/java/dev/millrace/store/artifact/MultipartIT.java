package dev.millrace.store.artifact;

import static java.net.http.HttpRequest.BodyPublishers.ofByteArray;
import static java.net.http.HttpRequest.BodyPublishers.ofString;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.store.RunningStore;
import dev.millrace.store.RunningStore.Answer;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Files in parts, as MLflow's client sends them: no token goes to the links of the parts. */
class MultipartIT {
  private static final String MPU = "/api/2.0/mlflow-artifacts/mpu/";

  @TempDir private static Path home;
  private static RunningStore store;

  @BeforeAll
  static void start() {
    store = RunningStore.in(home, "--millrace.store-token=secret");
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void theServerSaysThatItTakesParts() {
    var info = authorized(store.request("/api/3.0/mlflow/server-info")).ok();
    assertThat(info.path("multipart_uploads_enabled").asBoolean()).isTrue();
    assertThat(info.path("multipart_downloads_enabled").asBoolean()).isFalse();
    assertThat(info.path("presigned_upload_run_id_supported").asBoolean()).isTrue();
    assertThat(info.path("presigned_upload_model_id_supported").asBoolean()).isTrue();
  }

  @Test
  void uploadsAFileInPartsWithNothingButTheLinks() {
    var random = new Random(7);
    var first = new byte[300_000];
    var second = new byte[123];
    random.nextBytes(first);
    random.nextBytes(second);
    var created = create("0/run/artifacts/model", "/home/someone/my model.bin", 2).ok();
    assertThat(created.path("credentials").size()).isEqualTo(2);
    assertThat(created.at("/credentials/1/headers").isObject()).isTrue();
    assertThat(created.at("/credentials/1/part_number").asInt()).isEqualTo(2);
    var tags = new ArrayList<String>();
    tags.add(part(created, 0, first));
    tags.add(part(created, 1, second));
    assertThat(artifact("0/run/artifacts/model/my%20model.bin").status()).isEqualTo(404);
    var body =
        """
        {"path":"/home/someone/my model.bin","upload_id":"%s","parts":[
          {"part_number":1,"etag":"%s","url":null},{"part_number":2,"etag":"%s","url":"x"}]}
        """
            .formatted(id(created), quoted(tags.get(0)), quoted(tags.get(1)));
    assertThat(mpu("complete/0/run/artifacts/model", body).ok().toString()).isEqualTo("{}");
    mpu("complete/0/run/artifacts/model", body).ok();
    assertThat(home.resolve("store/artifacts/0/run/artifacts/model/my model.bin"))
        .hasBinaryContent(concat(first, second));
    assertThat(
            artifact("0/run/artifacts/model/my%20model.bin")
                .response()
                .headers()
                .firstValue("repr-digest"))
        .isPresent();
  }

  @Test
  void anAbortedUploadLeavesNothing() {
    var created = create("0/a", "file", 1).ok();
    part(created, 0, new byte[10]);
    var body = "{\"path\":\"file\",\"upload_id\":\"" + id(created) + "\"}";
    mpu("abort/0/a", body).ok();
    mpu("abort/0/a", body).ok();
    assertThat(home.resolve("store/parts").resolve(id(created))).doesNotExist();
    store
        .send(HttpRequest.newBuilder(link(created, 0)).PUT(ofString("x")))
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "There is no open upload");
  }

  @Test
  void aLinkIsForOnePartAndCannotBeChanged() {
    var created = create("0/a", "file", 2).ok();
    var changed = URI.create(link(created, 0).toString().replace("/1?", "/2?"));
    store
        .send(HttpRequest.newBuilder(changed).PUT(ofString("x")))
        .refused(403, "PERMISSION_DENIED", "This link has expired, or is for another");
    var bare = link(created, 0).toString().replaceAll("\\?.*", "");
    store
        .send(HttpRequest.newBuilder(URI.create(bare)).PUT(ofString("x")))
        .refused(401, "UNAUTHENTICATED", "asks for a token");
    assertThat(authorized(HttpRequest.newBuilder(URI.create(bare)).PUT(ofString("x"))).status())
        .isEqualTo(200);
  }

  @Test
  void refusesWhatIsNoUpload() {
    create("0/a", "", 1).refused(400, "INVALID_PARAMETER_VALUE", "Missing value for required");
    create("0/a", "folder/", 1).refused(400, "INVALID_PARAMETER_VALUE", "Invalid path");
    create("0/..%2f..", "file", 1).refused(400, "INVALID_PARAMETER_VALUE", "Invalid path");
    create("0/a", "..", 1).refused(400, "INVALID_PARAMETER_VALUE", "Invalid path");
    create("0/a", "file", 0).refused(400, "INVALID_PARAMETER_VALUE", "between 1 and 10000");
    create("0/a", "file", 10_001).refused(400, "INVALID_PARAMETER_VALUE", "between 1 and 10000");
    mpu("complete/0/a", "{\"path\":\"file\",\"upload_id\":\"../x\"}")
        .refused(400, "INVALID_PARAMETER_VALUE", "is no id of an upload");
    mpu("complete/0/a", "{\"path\":\"file\",\"upload_id\":\"" + "a".repeat(32) + "\"}")
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "There is no open upload");
  }

  @Test
  void givesLinksToFetch() {
    var file = "/api/2.0/mlflow-artifacts/artifacts/p/a%20b.txt";
    authorized(store.request(file).PUT(ofString("content")));
    var link = authorized(store.request("/api/2.0/mlflow-artifacts/presigned/p/a%20b.txt")).ok();
    assertThat(link.path("file_size").asInt()).isEqualTo(7);
    assertThat(link.path("headers").isObject()).isTrue();
    var uri = URI.create(RunningStore.text(link, "/url"));
    var part = store.send(HttpRequest.newBuilder(uri).header("Range", "bytes=3-99"));
    assertThat(part.status()).isEqualTo(206);
    assertThat(part.text()).isEqualTo("tent");
    store
        .send(HttpRequest.newBuilder(uri).PUT(ofString("x")))
        .refused(403, "PERMISSION_DENIED", "This link");
    authorized(store.request("/api/2.0/mlflow-artifacts/presigned/p/none"))
        .refused(404, "RESOURCE_DOES_NOT_EXIST", "No such artifact");
  }

  private static Answer create(String folder, String path, int parts) {
    return mpu("create/" + folder, "{\"path\":\"%s\",\"num_parts\":%s}".formatted(path, parts));
  }

  private static Answer mpu(String path, String json) {
    return authorized(
        store.request(MPU + path).header("Content-Type", "application/json").POST(ofString(json)));
  }

  private static Answer artifact(String path) {
    return authorized(store.request("/api/2.0/mlflow-artifacts/artifacts/" + path));
  }

  private static Answer authorized(HttpRequest.Builder request) {
    return store.send(request.header("Authorization", "Bearer secret"));
  }

  private static String part(JsonNode created, int index, byte[] content) {
    var answer = store.send(HttpRequest.newBuilder(link(created, index)).PUT(ofByteArray(content)));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.response().headers().firstValue("etag").orElseThrow();
  }

  private static URI link(JsonNode created, int index) {
    return URI.create(RunningStore.text(created, "/credentials/" + index + "/url"));
  }

  private static String id(JsonNode created) {
    return RunningStore.text(created, "/upload_id");
  }

  private static String quoted(String tag) {
    return tag.replace("\"", "\\\"");
  }

  private static byte[] concat(byte[] first, byte[] second) {
    var all = java.util.Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
