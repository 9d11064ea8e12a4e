package nokv.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import nokv.spi.PluginRegistry;
import org.junit.jupiter.api.Test;

final class CliTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Cli.run(PluginRegistry.installed(), new PrintWriter(out), new PrintWriter(err), arguments);
  }

  @Test void aPluginsCommandIsOfferedByNameWithItsOptions() {
    assertEquals(0, run("probe", "--workdir", "d", "-Dplugins.engine=probe", "--from", "7", "--deep", "--json"), err::toString);
    assertEquals("""
        {
          "ok": true,
          "directory": "d",
          "from": 7,
          "deep": true,
          "read_only": true
        }
        """, out.toString());
  }

  @Test void forPeopleTheResultIsATable() {
    assertEquals(0, run("mend", "-Dplugins.engine=probe"), err::toString);
    assertEquals("read_only  false\n", out.toString());
  }

  @Test void aCommandOfTwoWordsIsOneOfAGroup() {
    assertEquals(0, run("probe-group", "look", "-Dplugins.engine=probe"), err::toString);
    assertEquals("seen  true\n", out.toString());
    out.getBuffer().setLength(0);
    assertMistake("nokv: a command is missing; known are look\n", "probe-group");
    assertMistake("nokv: \"lok\" is not a command; did you mean \"look\"?\n", "probe-group", "lok");
  }

  @Test void aResultThatIsNotOkIsExitCodeOne() {
    assertEquals(1, run("probe", "-Dplugins.engine=probe", "--outcome", "bad"));
    assertTrue(out.toString().startsWith("ok         false\n"), out.toString());
    assertEquals("", err.toString());
  }

  @Test void aFailureIsOneLineAndExitCodeOne() {
    assertEquals(1, run("probe", "-Dplugins.engine=probe", "--outcome", "corrupt"));
    assertEquals("nokv: sst/000007.sst is damaged at offset 12\n", err.toString());
  }

  @Test void aDefectIsOneLineThatSaysWhere() {
    assertEquals(1, run("probe", "-Dplugins.engine=probe", "--outcome", "defect"));
    assertTrue(err.toString().matches("nokv: defect: IllegalStateException: this cannot be at nokv\\S+ProbeEngineProvider.*; set NOKV_TRACE=1 for more\n"), err.toString());
  }

  @Test void aMistakeInAnArgumentIsOneLineAndExitCodeTwo() {
    assertMistake("nokv: probe.from is \"x\", expected a whole number\n", "probe", "-Dplugins.engine=probe", "--from", "x");
    assertMistake("nokv: probe.outcome is \"god\", expected one of good, bad, corrupt, defect; did you mean \"good\"?\n", "probe", "-Dplugins.engine=probe", "--outcome", "god");
    assertMistake("nokv: \"--form\" is not an option of nokv-launcher probe; did you mean \"--from\"?\n", "probe", "--form", "1");
    assertMistake("nokv: \"prob\" is not a command; did you mean \"probe\"?\n", "prob");
    assertMistake("nokv: \"extra\" is one argument too many for nokv-launcher probe\n", "probe", "extra");
    assertMistake("nokv: -Dengin.sync is not a key; did you mean \"engine\"?\n", "probe", "-Dengin.sync=none");
  }

  @Test void aCommandOfAClusterSaysWhatItNeeds() {
    String example = "../raft_config.example.json";
    assertMistake("nokv: " + example + ": lists stores, so say which one this process is, --store-id with one of [1, 2, 3]; or start them all: nokv-launcher cluster --config "
        + example + "\n", "serve", "--config", example);
    assertMistake("nokv: --store-id is not for cluster, which starts all stores; leave it out\n", "cluster", "--config", example, "--store-id", "1");
    assertMistake("nokv: options: lists no stores; cluster needs a file that does, such as --config raft_config.example.json\n", "cluster");
    assertMistake("nokv: options: lists no stores; a gateway needs the file of a cluster, say --config FILE\n", "gateway");
    assertMistake("nokv: options: tso is missing, expected a block with listen_addr, such as 127.0.0.1:20160\n", "tso", "-Dmetrics.listen_addr=127.0.0.1:0");
  }

  private void assertMistake(String expected, String... arguments) {
    err.getBuffer().setLength(0);
    assertEquals(2, run(arguments), err::toString);
    assertEquals(expected, err.toString());
    assertEquals("", out.toString());
  }

  @Test void aPluginsRoleIsOfferedByNameAndItsFailureIsOneLine() {
    assertMistake("nokv: options: nothing to watch\n", "watcher", "-Dplugins.engine=probe", "-Dmetrics.listen_addr=127.0.0.1:0");
  }

  @Test void helpListsTheCommandsOfPluginsBesideTheLaunchersOwn() {
    assertEquals(0, run("--help"));
    for (String name : new String[] {"serve", "gateway", "cluster", "tso", "stats", "config", "probe", "mend", "watcher"}) assertTrue(out.toString().contains("  " + name + " "), name + ": " + out);
    assertEquals(0, run("probe", "--help"));
    assertTrue(out.toString().contains("--outcome=ENUM"), out.toString());
  }
}
