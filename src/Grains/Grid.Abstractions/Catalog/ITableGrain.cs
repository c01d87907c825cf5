using System.Collections.Immutable;

namespace Grid.Abstractions;

/// <summary>One table's schema versions and options; the grain's key is the table id.</summary>
[Alias("grid.ITableGrain")]
public interface ITableGrain : IGrainWithIntegerKey
{
    /// <summary>The table.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TableDropped"/>: there is none, or none any more.</exception>
    [ResponseTimeout("00:00:10")]
    Task<TableInfo> GetAsync();

    /// <summary>Applies changes, all or none, and makes one new schema version.</summary>
    /// <param name="changes">The changes in order.</param>
    /// <param name="expected">Refuse where the newest version is another one; null: whatever it is.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidSchema"/>, <see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.VersionConflict"/>,
    /// <see cref="GridErrorCode.TableDropped"/>.</exception>
    [ResponseTimeout("00:00:10")]
    Task<TableInfo> AlterAsync(ImmutableArray<SchemaChange> changes, SchemaVersion? expected);

    /// <summary>Replaces the options; what is fixed at creation must stay.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.InvalidArgument"/>, <see cref="GridErrorCode.TableDropped"/>.</exception>
    [ResponseTimeout("00:00:10")]
    Task<TableInfo> SetOptionsAsync(TableOptions options);
}
