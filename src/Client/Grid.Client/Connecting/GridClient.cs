using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Client.Connecting;
using Grid.Client.Tables;

namespace Grid.Client;

/// <summary>
/// The way into a Grid: databases, tables, and through tables rows. Thread safe; one for a process is enough. Refusals are
/// <see cref="GridException"/>s; what may be repeated safely is retried within <see cref="GridClientOptions.RetryFor"/> first.
/// </summary>
public sealed class GridClient : IAsyncDisposable
{
    private readonly GridConnection _connection;
    private readonly OrleansConnection? _owned;

    /// <summary>Makes a client over a grain factory: inside a silo, embedded, or of an Orleans client that somebody else owns.</summary>
    /// <param name="grains">An <see cref="IClusterClient"/> or a silo's grain factory.</param>
    /// <param name="options">Options; null: the defaults.</param>
    /// <param name="time">The clock of retries and lingering; null: the system's.</param>
    public GridClient(IGrainFactory grains, GridClientOptions? options = null, TimeProvider? time = null)
        : this(grains, owned: null, options, time, new ConnectionLoss())
    {
    }

    internal GridClient(
        IGrainFactory grains, OrleansConnection? owned, GridClientOptions? options, TimeProvider? time, ConnectionLoss loss, DataPortClientOptions? dataPort = null)
    {
        ArgumentNullException.ThrowIfNull(grains);
        _connection = new GridConnection(grains, Checked(options), time ?? TimeProvider.System, loss) { DataPort = dataPort ?? new DataPortClientOptions() };
        _owned = owned;
        Cluster = new ClusterAdmin(_connection);
    }

    /// <summary>The options.</summary>
    public GridClientOptions Options => _connection.Options;

    /// <summary>The cluster's nodes, where buckets lie, and moving them.</summary>
    public ClusterAdmin Cluster { get; }

    /// <summary>Connects to a running Grid; disposing the client closes the connection.</summary>
    /// <param name="endpoint"><c>host:port</c> of a silo's gateway, or several joined by commas.</param>
    /// <param name="options">Options; null: the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the endpoint, an option, or TLS: a file, or one side does not trust the other;
    /// <see cref="GridErrorCode.Timeout"/>: nobody answers there within <see cref="GridClientOptions.ConnectTimeout"/>.</exception>
    public static async Task<GridClient> ConnectAsync(string endpoint, GridClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        options = Checked(options);
        var orleans = await OrleansConnection.OpenAsync(endpoint, options, cancellationToken).ConfigureAwait(false);
        return new GridClient(orleans.Grains, orleans, options, time: null, orleans.Loss, orleans.DataPort);
    }

    /// <summary>Makes a database.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.AlreadyExists"/> unless <paramref name="ifNotExists"/>, <see cref="GridErrorCode.InvalidName"/>.</exception>
    public Task CreateDatabaseAsync(string name, bool ifNotExists = false, CancellationToken cancellationToken = default)
    {
        // A repeat after a lost answer would find the database that the first call made: "exists" is then what was asked for.
        var attempts = 0;
        return _connection.Retry.RunAsync(() => _connection.Catalog.CreateDatabaseAsync(name, ifNotExists || attempts++ > 0), cancellationToken);
    }

    /// <summary>Drops an empty database.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.NotEmpty"/>.</exception>
    public Task DropDatabaseAsync(string name, CancellationToken cancellationToken = default) =>
        DropAsync(() => _connection.Catalog.DropDatabaseAsync(name), ifExists: false, cancellationToken);

    /// <summary>The databases' names, sorted.</summary>
    public Task<ImmutableArray<string>> ListDatabasesAsync(CancellationToken cancellationToken = default) =>
        _connection.Retry.RunAsync(_connection.Catalog.ListDatabasesAsync, cancellationToken);

    /// <summary>Makes a table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.AlreadyExists"/>, <see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.InvalidSchema"/>,
    /// <see cref="GridErrorCode.InvalidName"/>, <see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public async Task<GridTable> CreateTableAsync(CreateTable request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var attempts = 0;
        return Open(await _connection.Retry.RunAsync(
            () => _connection.Catalog.CreateTableAsync(attempts++ == 0 ? request : request with { IfNotExists = true }), cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Makes a table for rows of type <typeparamref name="T"/>, see <see cref="TableDefinition.Of{T}"/>.</summary>
    /// <typeparam name="T">The row type, usually a record.</typeparam>
    /// <param name="path"><c>database.table</c>.</param>
    /// <param name="options">Options; null: the defaults.</param>
    /// <param name="ifNotExists">Open the table where there is one of that name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException">As <see cref="CreateTableAsync(CreateTable, CancellationToken)"/>; <see cref="GridErrorCode.SchemaMismatch"/>: the existing table does
    /// not fit the type.</exception>
    public async Task<GridTable<T>> CreateTableAsync<T>(string path, TableOptions? options = null, bool ifNotExists = false, CancellationToken cancellationToken = default)
        where T : class
    {
        var request = TableDefinition.Of<T>(path, options) with { IfNotExists = ifNotExists };
        return new GridTable<T>(await CreateTableAsync(request, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Drops a table: its writers get <see cref="GridErrorCode.TableDropped"/>, its files go, its name is free.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/> unless <paramref name="ifExists"/>.</exception>
    public Task DropTableAsync(string path, bool ifExists = false, CancellationToken cancellationToken = default)
    {
        var table = TablePath.Parse(path);
        return DropAsync(() => _connection.Catalog.DropTableAsync(table), ifExists, cancellationToken);
    }

    /// <summary>The tables of a database, or of all where <paramref name="database"/> is null, sorted.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>.</exception>
    public Task<ImmutableArray<TablePath>> ListTablesAsync(string? database = null, CancellationToken cancellationToken = default) =>
        _connection.Retry.RunAsync(() => _connection.Catalog.ListTablesAsync(database), cancellationToken);

    /// <summary>What the catalog knows of a table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.InvalidName"/>.</exception>
    public Task<TableInfo> GetTableInfoAsync(string path, CancellationToken cancellationToken = default) =>
        _connection.Retry.RunAsync(() => _connection.Catalog.GetTableAsync(TablePath.Parse(path)), cancellationToken);

    /// <summary>Changes a table's schema, all changes or none; the answer has one schema version more.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.InvalidSchema"/>, <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public Task<TableInfo> AlterTableAsync(string path, params SchemaChange[] changes) => AlterTableAsync(path, changes, CancellationToken.None);

    /// <summary>Changes a table's schema, all changes or none; the answer has one schema version more.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.InvalidSchema"/>, <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public async Task<TableInfo> AlterTableAsync(string path, IEnumerable<SchemaChange> changes, CancellationToken cancellationToken)
    {
        var table = await GetTableInfoAsync(path, cancellationToken).ConfigureAwait(false);
        ImmutableArray<SchemaChange> all = [.. changes];

        // The version expected makes a repeat after a lost answer harmless: it is refused, and the table tells whether the first call did it.
        try
        {
            return await _connection.Retry.RunAsync(() => _connection.Table(table.Id).AlterAsync(all, table.Schema.Version), cancellationToken).ConfigureAwait(false);
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.VersionConflict)
        {
            var now = await _connection.Retry.RunAsync(() => _connection.Table(table.Id).GetAsync(), cancellationToken).ConfigureAwait(false);
            var meant = SchemaEvolution.Apply(table.Schema, all);
            if (now.Schemas.Length > table.Schemas.Length && now.GetSchema(meant.Version).Columns.SequenceEqual(meant.Columns))
                return now;
            throw;
        }
    }

    /// <summary>
    /// Replaces a table's options; what is fixed at creation must stay. Where the number of replicas changes, the buckets begin to get them before this ends; <see cref="ClusterAdmin.ApplyReplicasAsync"/> waits until
    /// they have. Writers go on: what must be in sync for a write follows, unless the options say it, once the copies are there.
    /// </summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public async Task<TableInfo> SetOptionsAsync(string path, TableOptions options, CancellationToken cancellationToken = default)
    {
        var table = await GetTableInfoAsync(path, cancellationToken).ConfigureAwait(false);
        var changed = await _connection.Retry.RunAsync(() => _connection.Table(table.Id).SetOptionsAsync(options), cancellationToken).ConfigureAwait(false);
        if (changed.Options.Replicas != table.Options.Replicas)
            await Cluster.BeginReplicasAsync(changed, cancellationToken).ConfigureAwait(false);
        return changed;
    }

    /// <summary>Opens a table for Arrow batches.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.InvalidName"/>.</exception>
    public async Task<GridTable> OpenTableAsync(string path, CancellationToken cancellationToken = default) =>
        Open(await GetTableInfoAsync(path, cancellationToken).ConfigureAwait(false));

    /// <summary>Opens a table for rows of type <typeparamref name="T"/>.</summary>
    /// <typeparam name="T">The row type; its properties must be columns of the table.</typeparam>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>; <see cref="GridErrorCode.SchemaMismatch"/>: the type does not fit the table.</exception>
    public async Task<GridTable<T>> OpenTableAsync<T>(string path, CancellationToken cancellationToken = default)
        where T : class =>
        new(await OpenTableAsync(path, cancellationToken).ConfigureAwait(false));

    /// <summary>Flushes and closes the tables opened by this client and, where it made one, the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _connection.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            if (_owned is not null)
                await _owned.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Drops something; where it is gone at a repeat, the call whose answer was lost has dropped it.</summary>
    private async Task DropAsync(Func<Task> drop, bool ifExists, CancellationToken cancellationToken)
    {
        var attempts = 0;
        try
        {
            await _connection.Retry.RunAsync(
                () =>
                {
                    attempts++;
                    return drop();
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (GridException refusal) when ((ifExists || attempts > 1) && (refusal.Code is GridErrorCode.UnknownTable or GridErrorCode.UnknownDatabase))
        {
            // What is not there need not be dropped.
        }
    }

    private static GridClientOptions Checked(GridClientOptions? options)
    {
        options ??= new GridClientOptions();
        if (options.ConnectTimeout <= TimeSpan.Zero || options.RetryFor <= TimeSpan.Zero || options.FollowerWait <= TimeSpan.Zero || options.PartitionLook <= TimeSpan.Zero || options.ScanBucketsMax < 1 || options.ScanFramesMax < 1)
        {
            throw new GridException(
                GridErrorCode.InvalidArgument,
                $"GridClientOptions: ConnectTimeout is {options.ConnectTimeout}, RetryFor {options.RetryFor}, FollowerWait {options.FollowerWait}, PartitionLook {options.PartitionLook}, all must be more than zero; "
                    + $"ScanBucketsMax is {options.ScanBucketsMax}, ScanFramesMax {options.ScanFramesMax}, both must be 1 or more.");
        }

        return options;
    }

    private GridTable Open(TableInfo info) => new(new TableHandle(_connection, info));
}
