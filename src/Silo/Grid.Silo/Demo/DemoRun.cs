using Grid.Silo.Cli;
namespace Grid.Silo.Demo;
internal sealed class DemoRun(CommandOutput output, string samples, bool keep) { public Task RunAsync(CancellationToken t) => Task.FromResult((output, samples, keep)); }
