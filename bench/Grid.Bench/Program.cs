using System.Globalization;
using Grid.Abstractions;
using Grid.Bench.Children;
using Grid.Bench.Harness;
using Grid.Bench.Jobs;
using Grid.Bench.Jobs.Cluster;

// dotnet run -c Release --project bench/Grid.Bench -- all | cluster | NAME... [--scale 0.1] [--rounds 5] [--kills 20] [--dir DIR] [--no-save]
if (args is ["--child", ..])
{
    await (args switch
    {
        [_, "tcp"] => TcpPeer.ServeAsync(),
        [_, "serve", var data, var flush] => ServerChild.ServeAsync(data, Enum.Parse<FlushPolicy>(flush)),
        _ => throw new ArgumentException("Unknown child role."),
    });
    return 0;
}

BenchJob[] clusterJobs = [new ClusterAppendJob(), new ClusterReadJob(), new ClusterFailoverJob(), new ClusterTablesJob(), new ClusterShardJob()];
BenchJob[] jobs =
[
    new AppendEngineJob(), new UpsertEngineJob(), new OpenBucketJob(), new LogClientJob(), new LookupClientJob(), new LowLoadJob(), new MemoryJob(), new DataPortScanJob(),
    new RefillJob(), new LakeTieringJob(), new LakeFreshnessJob(), new SqlJob(), .. clusterJobs,
];

var names = new List<string>();
var (scale, rounds, kills, save) = (1.0, 5, 20, true);
var directory = Path.Combine(Path.GetTempPath(), $"grid-bench-{Environment.ProcessId}");
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--scale": scale = double.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--rounds": rounds = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--kills": kills = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
        case "--dir": directory = Path.Combine(args[++i], $"grid-bench-{Environment.ProcessId}"); break;
        case "--no-save": save = false; break;
        default: names.Add(args[i]); break;
    }
}

// The large shard takes 20 GiB of disk and its time: only where it is asked for.
var chosen = names is ["all"] ? [.. jobs.Where(job => job is not ClusterShardJob)] : names is ["cluster"] ? clusterJobs : [.. jobs.Where(job => names.Contains(job.Name))];
if (chosen.Length == 0)
{
    Console.Error.WriteLine("Say what to measure: all, cluster (those on three nodes), or some of these.");
    foreach (var job in jobs)
        Console.Error.WriteLine($"  {job.Name,-20} {job.Description}; against {job.Against}");
    return 2;
}

using var cancelled = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) => { pressed.Cancel = true; cancelled.Cancel(); };
var report = new BenchReport("dotnet run -c Release --project bench/Grid.Bench -- " + string.Join(' ', args));
Directory.CreateDirectory(directory);
try
{
    foreach (var job in chosen)
    {
        Console.Error.WriteLine($"{job.Name}: {job.Description}");
        foreach (var result in await job.RunAsync(new BenchContext(directory, scale, rounds, kills), cancelled.Token))
        {
            report.Add(job, result);
            Console.Error.WriteLine($"  {result.Figure}: asked {result.Asked}, reached {result.Reached} ({result.Detail})");
        }
    }
}
finally
{
    Directory.Delete(directory, recursive: true);
}

report.Print();
if (save)
    Console.Error.WriteLine($"saved {report.Save(Path.Combine("bench", "results"))}");
return 0;
