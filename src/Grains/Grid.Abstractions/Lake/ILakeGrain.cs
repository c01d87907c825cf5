namespace Grid.Abstractions;

/// <summary>A table's tiering: brings its committed rows into its lake table, round by round. The grain's key is the table id.</summary>
[Alias("grid.ILakeGrain")]
public interface ILakeGrain : IGrainWithIntegerKey
{
    /// <summary>How far the table is in the lake.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TableDropped"/>; <see cref="GridErrorCode.StorageFailed"/>: the lake does not answer.</exception>
    [ResponseTimeout("00:00:30")]
    Task<LakeStatus> GetStatusAsync();

    /// <summary>Has the next round begin now, whatever the freshness says, and does not wait for it: <see cref="GetStatusAsync"/> tells when rows are in.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TableDropped"/>; <see cref="GridErrorCode.InvalidArgument"/>: the table has no lake.</exception>
    [ResponseTimeout("00:00:10")]
    Task TierAsync();

    /// <summary>The files of a version, and the offsets at which each bucket's log goes on behind them.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TableDropped"/>; <see cref="GridErrorCode.UnknownLakeVersion"/>: there is no such version (any more), begin again with the newest;
    /// <see cref="GridErrorCode.InvalidArgument"/>: a number below 0; <see cref="GridErrorCode.StorageFailed"/>: the lake does not answer.</exception>
    [ResponseTimeout("00:00:30")]
    Task<LakeFilesAnswer> ListFilesAsync(LakeFilesRequest request);

    /// <summary>Has small files of a table's lake, and those of which rows are gone, rewritten into large ones now, whatever that costs and also where it is switched off, and does not wait for it: <see cref="GetStatusAsync"/> tells when it is done.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TableDropped"/>; <see cref="GridErrorCode.InvalidArgument"/>: the table has no lake.</exception>
    [ResponseTimeout("00:00:10")]
    Task CompactAsync();
}
