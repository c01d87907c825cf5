using System.Collections.Concurrent;
using System.Globalization;
using Grid.Abstractions;
using Grid.Client;
using Xunit.Abstractions;

namespace Grid.Cluster.Tests;

/// <summary>
/// kill -9 of the real process at random instants while clients append and upsert, again and again on one data directory; after each restart
/// everything that was acknowledged is there, once, and the shard is what its changelog says. GRID_KILL_ROUNDS sets the number of kills (20), GRID_SEED
/// the instants.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Writers = 4;
    private const int Keys = 200;

    private static readonly int Rounds = Setting("GRID_KILL_ROUNDS", 20);

    // A client whose server is gone must come back soon: what it could not finish is "unknown", which is what the test is about.
    private static readonly GridClientOptions Impatient = new() { RetryFor = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task Everything_acknowledged_survives_kill_9_at_any_instant()
    {
        var seed = Setting("GRID_SEED", Random.Shared.Next());
        output.WriteLine($"GRID_SEED={seed} GRID_KILL_ROUNDS={Rounds}");
        var random = new Random(seed);
        var directory = Directory.CreateTempSubdirectory("grid-kill-");
        var history = new History();
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                await using var server = await ServerProcess.StartAsync(directory.FullName);
                await VerifyAsync(server, history, round, seed);
                await WriteUntilKilledAsync(server, history, round, random);
            }

            await using var last = await ServerProcess.StartAsync(directory.FullName);
            await VerifyAsync(last, history, Rounds, seed);
            output.WriteLine($"{history.Appended.Count} appended rows and {history.Upserted.Sum(key => key.Value.Acknowledged)} upserts were acknowledged over {Rounds} kills");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task WriteUntilKilledAsync(ServerProcess server, History history, int round, Random random)
    {
        await using var client = await server.ConnectAsync(Impatient);
        await client.CreateDatabaseAsync("kill", ifNotExists: true);
        await using var log = await client.CreateTableAsync<Event>("kill.events", ifNotExists: true);
        await using var accounts = await client.CreateTableAsync<Account>("kill.accounts", ifNotExists: true);

        // The instant is a number of acknowledgements, so that it falls into every phase of the servers' work at whatever speed this machine has.
        var killAfter = random.Next(1, 600);
        var acknowledged = 0;
        using var killed = new CancellationTokenSource();
        var instant = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Acknowledged()
        {
            if (Interlocked.Increment(ref acknowledged) == killAfter)
                instant.TrySetResult();
        }

        var writers = new List<Task>();
        for (var writer = 0; writer < Writers; writer++)
        {
            var number = writer;
            writers.Add(UntilKilledAsync(async n =>
            {
                var row = new Event((((long)round * Writers) + number << 32) + n, $"round {round} writer {number} row {n}");
                history.Attempted[row.Id] = 0;
                await log.AppendAsync(row, killed.Token);
                history.Appended[row.Id] = 0;
                Acknowledged();
            }, killed.Token));
            writers.Add(UntilKilledAsync(async n =>
            {
                // Each writer has keys of its own, so that the order of their values is known.
                var key = number + (Writers * (n % (Keys / Writers)));
                var state = history.Upserted.GetOrAdd(key, _ => new KeyState());
                state.Attempted++;
                await accounts.UpsertAsync(new Account(key, state.Attempted), killed.Token);
                state.Acknowledged = state.Attempted;
                Acknowledged();
            }, killed.Token));
        }

        await Task.WhenAny(instant.Task, Task.WhenAll(writers));
        await server.KillAsync();
        await killed.CancelAsync();
        await Task.WhenAll(writers);
    }

    private static async Task UntilKilledAsync(Func<int, Task> write, CancellationToken killed)
    {
        try
        {
            for (var n = 0; !killed.IsCancellationRequested; n++)
                await write(n);
        }
        catch (Exception e) when (e is OperationCanceledException or GridException or TimeoutException or Orleans.Runtime.OrleansException)
        {
            // The server is gone; the outcome of this write is unknown, of those before it acknowledged.
        }
    }

    private static async Task VerifyAsync(ServerProcess server, History history, int round, int seed)
    {
        if (round == 0)
            return;
        var where = $"after kill {round}, GRID_SEED={seed}";
        await using var client = await server.ConnectAsync();
        await using var log = await client.OpenTableAsync<Event>("kill.events");
        await using var accounts = await client.OpenTableAsync<Account>("kill.accounts");

        var seen = new HashSet<long>();
        await foreach (var row in log.ScanAsync())
        {
            Assert.True(seen.Add(row.Id), $"row {row.Id} is there twice {where}");
            Assert.True(history.Attempted.ContainsKey(row.Id), $"row {row.Id} was never written {where}");
        }

        var missing = history.Appended.Keys.Where(id => !seen.Contains(id)).ToList();
        Assert.True(missing.Count == 0, $"{missing.Count} acknowledged rows are missing, the first is {missing.FirstOrDefault()}, {where}");

        var table = new Dictionary<long, long>();
        await foreach (var account in accounts.ScanAsync())
            table.Add(account.Id, account.Balance);
        foreach (var (key, state) in history.Upserted)
        {
            var stored = table.GetValueOrDefault(key);
            Assert.True(stored >= state.Acknowledged && stored <= state.Attempted, $"key {key} holds {stored}; acknowledged {state.Acknowledged}, attempted {state.Attempted}, {where}");
            state.Attempted = state.Acknowledged = stored;
        }

        var replayed = new Dictionary<long, long>();
        await foreach (var change in accounts.ChangesAsync(new ChangeOptions { StopAtEnd = true }))
        {
            if (change.Kind is ChangeKind.Insert or ChangeKind.UpdateAfter)
                replayed[change.Row.Id] = change.Row.Balance;
            else
                Assert.True(replayed.TryGetValue(change.Row.Id, out var before) && before == change.Row.Balance, $"a {change.Kind} of key {change.Row.Id} does not show the row before it {where}");
        }

        Assert.Equal(table.OrderBy(pair => pair.Key), replayed.OrderBy(pair => pair.Key));
    }

    private static int Setting(string name, int fallback) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : fallback;

    private sealed class History
    {
        public ConcurrentDictionary<long, byte> Attempted { get; } = new();

        public ConcurrentDictionary<long, byte> Appended { get; } = new();

        public ConcurrentDictionary<long, KeyState> Upserted { get; } = new();
    }

    private sealed class KeyState
    {
        public long Attempted { get; set; }

        public long Acknowledged { get; set; }
    }
}

/// <summary>A row of the log table.</summary>
public sealed record Event(long Id, string Text);

/// <summary>A row of the primary-key table.</summary>
public sealed record Account([property: Key] long Id, long Balance);
