using System.Globalization;
using System.Runtime.ExceptionServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Sql.Native;
using Grid.Sql.Statements;
using Grid.Sql.Tables;

namespace Grid.Sql;

/// <summary>
/// One statement while it runs: a private in-memory database with a view for each table, locked before the statement is seen by it. It reaches no files but those that were listed, no network, no settings. Calls of
/// DuckDB block, and run on the thread pool.
/// </summary>
internal sealed class StatementRun : IAsyncDisposable
{
    private static readonly TimeSpan InterruptEvery = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop;
    private readonly StatementScope _scope;
    private readonly StatementPlan _plan;
    private readonly GridSqlOptions _options;
    private readonly TimeProvider _time;
    private readonly long _began;
    private volatile DuckConnection? _connection;
    private DuckStatement? _statement;
    private DuckRows? _rows;
    private RecordBatch? _first;
    private bool _ended;

    private StatementRun(StatementPlan plan, GridSqlOptions options, CancellationTokenSource stop, TimeProvider time, long began)
    {
        (_plan, _options, _stop, _time, _began) = (plan, options, stop, time, began);
        _scope = new StatementScope(stop.Token);
    }

    public Schema Schema => _rows!.Schema;

    /// <summary>Runs a statement up to its first rows.</summary>
    /// <param name="plan">Its tables; taken over.</param>
    /// <param name="opening">The database; taken over.</param>
    /// <param name="statement">The statement.</param>
    /// <param name="parameters">Its parameters by name.</param>
    /// <param name="options">Limits.</param>
    /// <param name="stop">Ends at the time that the statement has; taken over.</param>
    /// <param name="time">The clock.</param>
    /// <param name="began">When it began, on that clock.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    public static async Task<StatementRun> StartAsync(
        StatementPlan plan, Task<DuckConnection> opening, ParsedStatement statement, IReadOnlyDictionary<string, object?> parameters, GridSqlOptions options, CancellationTokenSource stop, TimeProvider time, long began,
        CancellationToken cancellationToken)
    {
        var run = new StatementRun(plan, options, stop, time, began);
        try
        {
            run._connection = await opening.ConfigureAwait(false);
            await run.CallAsync(() => run.Begin(statement, parameters), cancellationToken).ConfigureAwait(false);
            return run;
        }
        catch
        {
            await run.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The next rows; null: there are no more.</summary>
    public async Task<RecordBatch?> NextAsync(CancellationToken cancellationToken)
    {
        if (_first is { } first)
        {
            _first = null;
            return first;
        }

        RecordBatch? next = null;
        if (!_ended)
            await CallAsync(() => next = _rows!.Next(), cancellationToken).ConfigureAwait(false);
        _ended = next is null;
        return next;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _connection?.Interrupt();
        _first?.Dispose();
        await Task.Run(() =>
        {
            _rows?.Dispose();
            _statement?.Dispose();
        }).ConfigureAwait(false);
        await _scope.DisposeAsync().ConfigureAwait(false);
        await Task.Run(() => _connection?.Dispose()).ConfigureAwait(false);
        _plan.Dispose();
        _stop.Dispose();
    }

    /// <summary>Opens a database, which takes some milliseconds: meanwhile tables can be looked for.</summary>
    internal static DuckConnection Open(GridSqlOptions options) => DuckConnection.Open(
    [
        ("threads", options.Threads.ToString(CultureInfo.InvariantCulture)),
        ("memory_limit", $"{options.MemoryBytesMax}B"),
        ("autoload_known_extensions", "false"),
        ("autoinstall_known_extensions", "false"),
        ("allow_community_extensions", "false"),
    ]);

    /// <summary>Settings after which only these files can be read, and no setting be changed.</summary>
    internal static string Lockdown(IEnumerable<string> files) =>
        $"set allowed_paths = [{string.Join(", ", files.Select(SqlText.Literal))}]; set enable_external_access = false; set lock_configuration = true";

    private void Begin(ParsedStatement statement, IReadOnlyDictionary<string, object?> parameters)
    {
        var connection = _connection!;
        // Spilling is not external access to DuckDB.
        connection.Execute(_options.TemporaryDirectory is { } directory
            ? $"set temp_directory = {SqlText.Literal(directory)}; set max_temp_directory_size = '{_options.TemporaryBytesMax}B'"
            : "set temp_directory = ''");
        connection.Execute("set TimeZone = 'UTC'; set errors_as_json = true; set arrow_large_buffer_size = false");
        connection.Execute(Lockdown(_plan.Files));
        _plan.Define(connection, _options.Threads, _scope);

        _statement = connection.Prepare(statement.Show == ShowKind.None ? statement.Text : $"select * from main.{StatementPlan.ShowView}", statement.Text);
        Bind(_statement, parameters);
        _rows = _statement.Execute();
        // What fails only with the first rows fails here, where the statement can still be begun again.
        _first = _rows.Next();
        _ended = _first is null;
    }

    private static void Bind(DuckStatement statement, IReadOnlyDictionary<string, object?> parameters)
    {
        string[] names = [.. Enumerable.Range(1, statement.ParameterCount).Select(statement.ParameterName)];
        if (parameters.Keys.FirstOrDefault(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase)) is { } extra)
            throw new GridException(GridErrorCode.InvalidArgument, $"The statement has no parameter ${extra}; it has {(names.Length == 0 ? "none" : string.Join(", ", names.Select(name => $"${name}")))}.");
        for (var i = 0; i < names.Length; i++)
            statement.Bind(i + 1, parameters.TryGetValue(names[i], out var value) ? value
                : throw new GridException(GridErrorCode.InvalidArgument, $"The statement's parameter ${names[i]} has no value; give one (null is one too)."));
    }

    /// <summary>Makes calls of DuckDB; what ends them is turned into what it was caused by.</summary>
    private async Task CallAsync(Action call, CancellationToken cancellationToken)
    {
        var cancelled = cancellationToken.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        await using (cancelled.ConfigureAwait(false))
        {
            try
            {
                var running = Task.Run(call, CancellationToken.None);
                await running.WaitAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                // DuckDB forgets an interrupt that comes between two of its calls.
                while (!running.IsCompleted)
                {
                    _connection?.Interrupt();
                    await Task.WhenAny(running, Task.Delay(InterruptEvery, _time, CancellationToken.None)).ConfigureAwait(false);
                }

                await running.ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_stop.IsCancellationRequested)
                    throw new GridException(GridErrorCode.Timeout, $"The statement was ended after {_time.GetElapsedTime(_began).TotalSeconds:0.0} s; it may take {_options.Timeout?.TotalSeconds:0.###} s. Ask for less, or give it more time.", failure);
                if (_scope.Failure is { } cause)
                    ExceptionDispatchInfo.Throw(cause);
                throw;
            }
        }
    }
}
