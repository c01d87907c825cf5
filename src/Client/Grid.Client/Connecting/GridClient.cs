using System.Collections.Immutable;
using Grid.Abstractions;

namespace Grid.Client;

/// <summary>
/// The way into a Grid: databases, tables, and through tables rows. Thread safe; one for a process is enough. Refusals are
/// <see cref="GridException"/>s; what may be repeated safely is retried within <see cref="GridClientOptions.RetryFor"/> first.
/// </summary>
public sealed class GridClient : IAsyncDisposable
{
    /// <summary>Makes a client over a grain factory: inside a silo, embedded, or of an Orleans client that somebody else owns.</summary>
    /// <param name="grains">An <see cref="IClusterClient"/> or a silo's grain factory.</param>
    /// <param name="options">Options; null: the defaults.</param>
    /// <param name="time">The clock of retries and lingering; null: the system's.</param>
    public GridClient(IGrainFactory grains, GridClientOptions? options = null, TimeProvider? time = null) => throw new NotImplementedException();

    /// <summary>The options.</summary>
    public GridClientOptions Options => throw new NotImplementedException();

    /// <summary>Connects to a running Grid; disposing the client closes the connection.</summary>
    /// <param name="endpoint"><c>host:port</c> of a silo's gateway, or several joined by commas.</param>
    /// <param name="options">Options; null: the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>: the endpoint; <see cref="GridErrorCode.Timeout"/>: nobody answers there.</exception>
    public static Task<GridClient> ConnectAsync(string endpoint, GridClientOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Makes a database.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.AlreadyExists"/> unless <paramref name="ifNotExists"/>, <see cref="GridErrorCode.InvalidName"/>.</exception>
    public Task CreateDatabaseAsync(string name, bool ifNotExists = false, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Drops an empty database.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.NotEmpty"/>.</exception>
    public Task DropDatabaseAsync(string name, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The databases' names, sorted.</summary>
    public Task<ImmutableArray<string>> ListDatabasesAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Makes a table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.AlreadyExists"/>, <see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.InvalidSchema"/>,
    /// <see cref="GridErrorCode.InvalidName"/>, <see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public Task<GridTable> CreateTableAsync(CreateTable request, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Makes a table for rows of type <typeparamref name="T"/>, see <see cref="TableDefinition.Of{T}"/>.</summary>
    /// <typeparam name="T">The row type, usually a record.</typeparam>
    /// <param name="path"><c>database.table</c>.</param>
    /// <param name="options">Options; null: the defaults.</param>
    /// <param name="ifNotExists">Open the table where there is one of that name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException">As <see cref="CreateTableAsync(CreateTable, CancellationToken)"/>; <see cref="GridErrorCode.SchemaMismatch"/>: the existing table does
    /// not fit the type.</exception>
    public Task<GridTable<T>> CreateTableAsync<T>(string path, TableOptions? options = null, bool ifNotExists = false, CancellationToken cancellationToken = default)
        where T : class => throw new NotImplementedException();

    /// <summary>Drops a table: its writers get <see cref="GridErrorCode.TableDropped"/>, its files go, its name is free.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/> unless <paramref name="ifExists"/>.</exception>
    public Task DropTableAsync(string path, bool ifExists = false, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The tables of a database, or of all where <paramref name="database"/> is null, sorted.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>.</exception>
    public Task<ImmutableArray<TablePath>> ListTablesAsync(string? database = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>What the catalog knows of a table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.InvalidName"/>.</exception>
    public Task<TableInfo> GetTableInfoAsync(string path, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Changes a table's schema, all changes or none; the answer has one schema version more.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.InvalidSchema"/>, <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public Task<TableInfo> AlterTableAsync(string path, params SchemaChange[] changes) => throw new NotImplementedException();

    /// <summary>Changes a table's schema, all changes or none; the answer has one schema version more.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.InvalidSchema"/>, <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    public Task<TableInfo> AlterTableAsync(string path, IEnumerable<SchemaChange> changes, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Replaces a table's options; what is fixed at creation must stay.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public Task<TableInfo> SetOptionsAsync(string path, TableOptions options, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Opens a table for Arrow batches.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.InvalidName"/>.</exception>
    public Task<GridTable> OpenTableAsync(string path, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Opens a table for rows of type <typeparamref name="T"/>.</summary>
    /// <typeparam name="T">The row type; its properties must be columns of the table.</typeparam>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>; <see cref="GridErrorCode.SchemaMismatch"/>: the type does not fit the table.</exception>
    public Task<GridTable<T>> OpenTableAsync<T>(string path, CancellationToken cancellationToken = default)
        where T : class => throw new NotImplementedException();

    /// <summary>Flushes and closes the tables opened by this client and, where it made one, the connection.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
