using System.Collections.Concurrent;
using System.Diagnostics;
using Grid.Abstractions;
using Grid.Client;

namespace Grid.Cluster.Tests;

/// <summary>
/// Rounds on one data directory: start, verify, write, kill. Every third restart happens on the same ports under a client that lives on: its writers go on by themselves, with
/// what was under way when the server died.
/// </summary>
internal sealed class KillChain(int seed)
{
    private const int Writers = 4;
    private const int KeysPerWriter = 40;

    // A client whose server is gone for good must come back soon: what it could not finish is "unknown", which is what the test is about.
    private static readonly GridClientOptions Impatient = new() { RetryFor = TimeSpan.FromMilliseconds(200) };

    // One that lives on waits for the restart, however slow the machine.
    private static readonly GridClientOptions Patient = new() { RetryFor = TimeSpan.FromMinutes(2) };

    private readonly Random _random = new(seed);
    private readonly ConcurrentDictionary<long, KeyHistory> _keys = new();
    private readonly List<WriterHistory> _writers = [];
    private readonly Stopwatch _starting = new();
    private readonly Stopwatch _writing = new();
    private readonly Stopwatch _verifying = new();
    private long _acknowledged;
    private int _kills;
    private int _survived;

    /// <summary>Figures of the chain.</summary>
    public string Summary =>
        $"{_kills} kills, {_survived} of them under a client that lived on: {_writers.Sum(writer => writer.Acknowledged)} appended rows and {_acknowledged} writes in all acknowledged; "
        + $"{_starting.Elapsed.TotalSeconds:0.0} s starting, {_writing.Elapsed.TotalSeconds:0.0} s writing and killing, {_verifying.Elapsed.TotalSeconds:0.0} s verifying";

    public async Task RunAsync(int rounds)
    {
        var directory = Directory.CreateTempSubdirectory("grid-kill-");
        var ports = ServerProcess.FreePorts();
        ServerProcess? server = null;
        try
        {
            server = await RestartAsync(null, directory.FullName, ports);
            while (_kills < rounds)
            {
                var livesOn = _kills % 3 == 1 && _kills + 1 < rounds;
                await using (var client = await server.ConnectAsync(livesOn ? Patient : Impatient))
                {
                    _writing.Start();
                    using var stop = new CancellationTokenSource();
                    var work = await WriteAsync(client, stop.Token);
                    await work.UntilAcknowledgedAsync(_random.Next(1, 600));
                    await server.KillAsync();
                    _kills++;
                    if (livesOn)
                    {
                        _survived++;
                        _writing.Stop();
                        server = await RestartAsync(server, directory.FullName, ports);
                        _writing.Start();

                        // Well past what was under way at the kill.
                        await work.UntilAcknowledgedAsync(_random.Next(100, 400));
                    }

                    await stop.CancelAsync();
                    await work.EndAsync();
                }

                _writing.Stop();
                if (!livesOn)
                    server = await RestartAsync(server, directory.FullName, ports);
                await VerifyAsync(server);
            }
        }
        catch (Exception e) when (server is not null)
        {
            throw new InvalidOperationException($"after kill {_kills}: {e.Message}{Environment.NewLine}{server.Output}", e);
        }
        finally
        {
            if (server is not null)
                await server.DisposeAsync();
            directory.Delete(recursive: true);
        }
    }

    private async Task<ServerProcess> RestartAsync(ServerProcess? killed, string directory, int[] ports)
    {
        if (killed is not null)
            await killed.DisposeAsync();
        _starting.Start();
        var server = await ServerProcess.StartAsync(directory, ports);
        _starting.Stop();
        return server;
    }

    private async Task VerifyAsync(ServerProcess server)
    {
        _verifying.Start();
        var where = $"after kill {_kills}";
        await using var client = await server.ConnectAsync();
        await KillVerifier.EventsAsync(await client.OpenTableAsync<Event>("kill.events"), _writers, where);
        await KillVerifier.AccountsAsync(await client.OpenTableAsync<Account>("kill.accounts"), _keys, where);
        _verifying.Stop();
    }

    private async Task<Work> WriteAsync(GridClient client, CancellationToken stop)
    {
        await client.CreateDatabaseAsync("kill", ifNotExists: true, stop);
        var events = await client.CreateTableAsync<Event>("kill.events", new TableOptions { Buckets = 1 }, ifNotExists: true, stop);
        var accounts = await client.CreateTableAsync<Account>("kill.accounts", ifNotExists: true, cancellationToken: stop);
        var balances = accounts.CreateWriter(new WriterOptions { Targets = ["id", "balance"] });
        var work = new Work();
        for (var i = 0; i < Writers; i++)
        {
            var history = new WriterHistory(_writers.Count);
            _writers.Add(history);
            work.Run(() => AppendAsync(events, history, work, stop));
            var own = i;
            work.Run(() => UpsertAsync(accounts, balances, own, work, stop));
        }

        return work;
    }

    private async Task AppendAsync(GridTable<Event> events, WriterHistory history, Work work, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var row = new Event(history.Id, history.Attempted++, $"row of writer {history.Id}");
            await events.AppendAsync(row, stop);
            history.Acknowledged = history.Attempted;
            Acknowledged(work);
        }
    }

    private async Task UpsertAsync(GridTable<Account> accounts, GridWriter<Account> balances, int writer, Work work, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            // Each writer has keys of its own, so that the order of their values is known.
            long id = writer + (Writers * (n % KeysPerWriter));
            var key = _keys.GetOrAdd(id, _ => new KeyHistory());
            var account = new Account(id, ++key.Attempted, KillVerifier.OwnerOf(id));
            if (key.Acknowledged == 0)
                await accounts.UpsertAsync(account, stop);
            else
                await balances.WriteAsync(account with { Owner = null }, stop);
            key.Acknowledged = key.Attempted;
            Acknowledged(work);
        }
    }

    private void Acknowledged(Work work)
    {
        Interlocked.Increment(ref _acknowledged);
        work.Acknowledged();
    }
}
