using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>The catalog of databases, table names and writer ids: one grain, key 0. Its state lives in the object store and moves by compare-and-swap.</summary>
[Alias("grid.ICatalogGrain")]
public interface ICatalogGrain : IGrainWithIntegerKey
{
    /// <summary>Makes a database.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.AlreadyExists"/> (unless <paramref name="ifNotExists"/>), <see cref="GridErrorCode.InvalidName"/>.</exception>
    [ResponseTimeout("00:00:10")]
    Task CreateDatabaseAsync(string name, bool ifNotExists);

    /// <summary>Drops an empty database.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.NotEmpty"/>.</exception>
    [ResponseTimeout("00:00:10")]
    Task DropDatabaseAsync(string name);

    /// <summary>The databases' names, sorted.</summary>
    [ResponseTimeout("00:00:10")]
    Task<ImmutableArray<string>> ListDatabasesAsync();

    /// <summary>Makes a table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.AlreadyExists"/>, <see cref="GridErrorCode.UnknownDatabase"/>, <see cref="GridErrorCode.InvalidSchema"/>,
    /// <see cref="GridErrorCode.InvalidName"/>, <see cref="GridErrorCode.InvalidArgument"/>.</exception>
    [ResponseTimeout("00:00:10")]
    Task<TableInfo> CreateTableAsync(CreateTable request);

    /// <summary>The table of that name.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>, <see cref="GridErrorCode.UnknownDatabase"/>.</exception>
    [ResponseTimeout("00:00:10")]
    Task<TableInfo> GetTableAsync(TablePath path);

    /// <summary>The tables of a database, or of all where <paramref name="database"/> is null, sorted by name.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownDatabase"/>.</exception>
    [ResponseTimeout("00:00:30")]
    Task<ImmutableArray<TablePath>> ListTablesAsync(string? database);

    /// <summary>Drops a table: its writers get <see cref="GridErrorCode.TableDropped"/>, its files and blobs go, its name is free.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownTable"/>.</exception>
    [ResponseTimeout("00:00:30")]
    Task DropTableAsync(TablePath path);

    /// <summary>Gives a writer id that nobody else has or had.</summary>
    [ResponseTimeout("00:00:10")]
    Task<WriterId> AllocateWriterAsync();
}
