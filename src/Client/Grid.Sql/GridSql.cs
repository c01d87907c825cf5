using System.Globalization;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client;
using Grid.Sql.Arrow;
using Grid.Sql.Native;
using Grid.Sql.Statements;

namespace Grid.Sql;

/// <summary>
/// SQL over a grid's tables, read only, in DuckDB's dialect: <c>select … from air.flights f join air.airports a on …</c>. A table in a statement is what is in its lake and what is in its log, each row once, as of the
/// statement's start. Thread safe; one for a process is enough. Refusals are <see cref="GridException"/>s.
/// </summary>
public sealed class GridSql : IAsyncDisposable
{
    private readonly GridClient _client;
    private readonly GridSqlOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _statements;
    private readonly Lazy<StatementParser> _parser = new(() => new StatementParser());

    private GridSql(GridClient client, GridSqlOptions options, TimeProvider time)
    {
        (_client, _options, _time) = (client, options, time);
        _statements = new SemaphoreSlim(options.StatementsMax);
    }

    /// <summary>Opens SQL over a client, which stays the caller's.</summary>
    /// <param name="client">The client.</param>
    /// <param name="options">Limits; null: the defaults.</param>
    /// <param name="time">The clock of time limits; null: the system's.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: an option is outside its range.</exception>
    public static GridSql Open(GridClient client, GridSqlOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= new GridSqlOptions();
        options.Validate();
        return new GridSql(client, options, time ?? TimeProvider.System);
    }

    /// <summary>Runs a statement; its rows come as Arrow batches, each valid until the next one is asked for.</summary>
    /// <param name="sql">One statement: select, from, with, values, describe, summarize, explain, show tables, show databases.</param>
    /// <param name="parameters">Values of its parameters <c>$name</c>, by name; those of <c>$1</c> are named 1. Null: there are none.</param>
    /// <param name="cancellationToken">Interrupts the statement.</param>
    /// <exception cref="GridException">As <see cref="ExecuteAsync"/> and <see cref="SqlResult.GetAsyncEnumerator"/>.</exception>
    public async IAsyncEnumerable<RecordBatch> QueryAsync(string sql, IReadOnlyDictionary<string, object?>? parameters = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var result = await ExecuteAsync(sql, parameters, cancellationToken).ConfigureAwait(false);
        await using (((IAsyncDisposable)result).ConfigureAwait(false))
            await foreach (var batch in result.WithCancellation(cancellationToken).ConfigureAwait(false))
                yield return batch;
    }

    /// <summary>Runs a statement; its rows come one by one.</summary>
    /// <param name="sql">One statement, as <see cref="QueryAsync"/> takes it.</param>
    /// <param name="parameters">Values of its parameters <c>$1</c>, <c>$2</c>, in order.</param>
    /// <param name="cancellationToken">Interrupts the statement.</param>
    public async IAsyncEnumerable<SqlRow> QueryRowsAsync(string sql, IReadOnlyList<object?>? parameters = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in QueryAsync(sql, Named(parameters), cancellationToken).ConfigureAwait(false))
        {
            for (var row = 0; row < batch.Length; row++)
                yield return new SqlRow(batch.Schema, CellValues.Of(batch, row));
        }
    }

    /// <summary>Runs a statement up to its first rows; the caller disposes the result.</summary>
    /// <param name="sql">One statement, as <see cref="QueryAsync"/> takes it.</param>
    /// <param name="parameters">Values of its parameters, by name.</param>
    /// <param name="cancellationToken">Interrupts the statement.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: it is wrong, or not allowed, with the place; <see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.UnknownTable"/>;
    /// <see cref="GridErrorCode.Timeout"/>; <see cref="GridErrorCode.TooLarge"/>: it needs more memory than it may take.</exception>
    public async Task<SqlResult> ExecuteAsync(string sql, IReadOnlyDictionary<string, object?>? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sql);
        parameters ??= new Dictionary<string, object?>();
        await _statements.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var statement = await Task.Run(() => _parser.Value.Parse(sql), cancellationToken).ConfigureAwait(false);
            return new SqlResult(await StartAsync(statement, parameters, cancellationToken).ConfigureAwait(false), _statements);
        }
        catch
        {
            _statements.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_parser.IsValueCreated)
            _parser.Value.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<StatementRun> StartAsync(ParsedStatement statement, IReadOnlyDictionary<string, object?> parameters, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            string[] files = [];
            try
            {
                return await StartOnceAsync(statement, parameters, found => files = found, cancellationToken).ConfigureAwait(false);
            }
            catch (GridException failure) when (attempt == 1 && failure.Code != GridErrorCode.Timeout && files.Any(file => !File.Exists(file)))
            {
                // A snapshot's files stay for a day; who began with one that is older begins again with a new one, once.
            }
        }
    }

    private async Task<StatementRun> StartOnceAsync(ParsedStatement statement, IReadOnlyDictionary<string, object?> parameters, Action<string[]> planned, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var stop = _options.Timeout is { } timeout ? new CancellationTokenSource(timeout, _time) : new CancellationTokenSource();
        var opening = Task.Run(() => StatementRun.Open(_options), CancellationToken.None);
        StatementPlan plan;
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, cancellationToken);
            plan = await StatementPlan.MakeAsync(_client, _options, statement, parameters, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            stop.Dispose();
            await CloseAsync(opening).ConfigureAwait(false);
            throw new GridException(GridErrorCode.Timeout, $"The statement's tables did not answer within {_options.Timeout?.TotalSeconds:0.###} s, which is all the time it has.");
        }
        catch
        {
            stop.Dispose();
            await CloseAsync(opening).ConfigureAwait(false);
            throw;
        }

        planned([.. plan.Files]);
        return await StatementRun.StartAsync(plan, opening, statement, parameters, _options, stop, _time, began, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes a database that is not needed; why it did not open, whoever needs it is told.</summary>
    private static async Task CloseAsync(Task<DuckConnection> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
            (await opening.ConfigureAwait(false)).Dispose();
    }

    private static Dictionary<string, object?> Named(IReadOnlyList<object?>? parameters) =>
        Enumerable.Range(0, parameters?.Count ?? 0).ToDictionary(i => (i + 1).ToString(CultureInfo.InvariantCulture), i => parameters![i]);
}
