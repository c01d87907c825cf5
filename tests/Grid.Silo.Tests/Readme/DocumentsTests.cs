using System.Reflection;
using System.Text.RegularExpressions;
using Grid.Silo.Cli;
using Grid.Silo.Clustering;
using Grid.Silo.Serving;
using k8s;
using k8s.Models;

namespace Grid.Silo.Tests.Readme;

/// <summary>What the documents and the deployment files say of commands, settings and metrics is there.</summary>
public sealed partial class DocumentsTests
{
    private static readonly Type[] Settings = [typeof(GridSiloOptions), typeof(ServeOptions), typeof(GridClusteringOptions)];

    public static TheoryData<string> Documents => [.. Files("README.md", "docs").Select(file => Path.GetRelativePath(Repository.Root, file))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_line_is_one(string document)
    {
        foreach (var line in CommandLines(Read(document)))
        {
            var parsed = GridCommandLine.Root(new CliConsole { Out = TextWriter.Null, Error = TextWriter.Null }).Parse(line);

            Assert.True(parsed.Errors.Count == 0, $"{document}: 'grid {string.Join(' ', line)}': {string.Join(' ', parsed.Errors)}");
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_setting_is_one(string document)
    {
        var text = Read(document);
        var names = EnvironmentPattern().Matches(text).Select(match => match.Groups[1].Value.Split("__"))
            .Concat(SettingPattern().Matches(text).Select(match => match.Groups[1].Value.Split(':')));
        foreach (var name in names)
            Assert.True(Settings.Any(type => Has(type, name)), $"{document}: there is no setting Grid:{string.Join(':', name)}.");
    }

    [Fact]
    public void Every_metric_is_one()
    {
        var source = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*Metrics.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var named = MetricPattern().Matches(Read("docs/operations.md")).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains($"\"{name}\"", source, StringComparison.Ordinal));
    }

    [Fact]
    public void The_kubernetes_objects_are_such_and_fit_together()
    {
        // Strict: a field that Kubernetes does not know is an error.
        var objects = KubernetesYaml.LoadAllFromString(Read("docs/deploy/kubernetes/grid.yaml"), strict: true);

        var set = Assert.Single(objects.OfType<V1StatefulSet>());
        var pod = set.Spec.Template;
        var container = Assert.Single(pod.Spec.Containers);
        Assert.Equal(Assert.Single(objects.OfType<V1Service>()).Metadata.Name, set.Spec.ServiceName);
        Assert.Equal("None", objects.OfType<V1Service>().Single().Spec.ClusterIP);
        Assert.Equal(pod.Metadata.Labels, set.Spec.Selector.MatchLabels);
        Assert.Equal(pod.Metadata.Labels, objects.OfType<V1PodDisruptionBudget>().Single().Spec.Selector.MatchLabels);
        Assert.Equal(container.VolumeMounts.Select(mount => mount.Name).Order(), pod.Spec.Volumes.Select(volume => volume.Name).Concat(set.Spec.VolumeClaimTemplates.Select(claim => claim.Metadata.Name)).Order());
        Assert.Equal("metadata.name", container.Env.Single(variable => variable.Name == "GRID__NODE").ValueFrom.FieldRef.FieldPath);
        Assert.True(pod.Spec.TerminationGracePeriodSeconds > GridServer.ShutdownTimeout.TotalSeconds);
        Assert.All(new[] { container.StartupProbe, container.LivenessProbe, container.ReadinessProbe }, probe => Assert.Contains(probe.HttpGet.Path, new[] { GridServer.LivePath, GridServer.ReadyPath }));
        Assert.Equal(Client.GridCluster.GatewayPort, container.Ports.Single(port => port.Name == "gateway").ContainerPort);
        Assert.Equal(ServeOptions.SiloPortDefault, container.Ports.Single(port => port.Name == "silo").ContainerPort);
    }

    [Fact]
    public void The_cloud_init_file_is_yaml() =>
        Assert.Contains("write_files", KubernetesYaml.Deserialize<Dictionary<string, object>>(Read("docs/deploy/azure/cloud-init.yaml"), strict: false).Keys);

    private static IEnumerable<string[]> CommandLines(string text)
    {
        var joined = text.Replace("\\\n", " ", StringComparison.Ordinal);
        var shown = BlockPattern().Matches(joined).SelectMany(match => match.Groups[1].Value.Split('\n')).Where(line => line.StartsWith("grid ", StringComparison.Ordinal)).Select(line => line["grid ".Length..]);
        var started = ProgramPattern().Matches(joined).Select(match => match.Groups[1].Value);
        return shown.Concat(started).Select(line => ShellWords.Split(line).TakeWhile(word => word is not ("&" or "|") && !word.StartsWith('#')).ToArray());
    }

    private static bool Has(Type type, ReadOnlySpan<string> path) =>
        type.GetProperty(path[0], BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase) is { } property && (path.Length == 1 || Has(property.PropertyType, path[1..]));

    private static IEnumerable<string> Files(params string[] places) => places.Select(place => Path.Combine(Repository.Root, place))
        .SelectMany(place => Directory.Exists(place) ? Directory.EnumerateFiles(place, "*", SearchOption.AllDirectories) : [place]).Order(StringComparer.Ordinal);

    private static string Read(string document) => File.ReadAllText(Path.Combine(Repository.Root, document)).ReplaceLineEndings("\n");

    [GeneratedRegex("^```(?:sh|console)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex BlockPattern();

    [GeneratedRegex(@"(?:Grid\.Silo\.dll|\{IMAGE\}) (serve.*)$", RegexOptions.Multiline)]
    private static partial Regex ProgramPattern();

    [GeneratedRegex(@"\bGRID__([A-Z_]*[A-Z])")]
    private static partial Regex EnvironmentPattern();

    [GeneratedRegex(@"\bGrid:((?:[A-Z][A-Za-z]*:)*[A-Z][A-Za-z]*)")]
    private static partial Regex SettingPattern();

    [GeneratedRegex(@"`(grid\.[a-z_.]+)`")]
    private static partial Regex MetricPattern();
}
