namespace Grid.Abstractions;

/// <summary>
/// One bucket: its log and, in a primary-key table, its shard. The grain's key is <see cref="BucketId.ToString"/>. Calls arrive out of order;
/// what must be ordered carries an offset or a writer's sequence. Blocks follow the ownership rules of <see cref="FrameBlock"/>.
/// Every call may be refused with <see cref="GridErrorCode.TableDropped"/>, <see cref="GridErrorCode.Busy"/>, <see cref="GridErrorCode.Closing"/>.
/// </summary>
[Alias("grid.IBucketGrain")]
public interface IBucketGrain : IGrainWithStringKey
{
    /// <summary>Appends frames to a log table's bucket; all of them or, at the first that is refused, none.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.SchemaStale"/>, <see cref="GridErrorCode.SchemaMismatch"/>,
    /// <see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.TooLarge"/>, <see cref="GridErrorCode.SequenceOutOfOrder"/>, <see cref="GridErrorCode.WritesStopped"/>.</exception>
    [ResponseTimeout("00:00:03")]
    Task<AppendAnswer> AppendAsync(AppendRequest request, CancellationToken cancellationToken);

    /// <summary>Upserts and deletes rows of a primary-key table's bucket, one frame a call.</summary>
    /// <exception cref="GridException">As <see cref="AppendAsync"/>, and <see cref="GridErrorCode.NullNotAllowed"/>, <see cref="GridErrorCode.InvalidTargets"/>,
    /// <see cref="GridErrorCode.VersionConflict"/>.</exception>
    [ResponseTimeout("00:00:03")]
    Task<WriteAnswer> WriteAsync(WriteRequest request, CancellationToken cancellationToken);

    /// <summary>Reads committed frames from an offset; waits up to the request's time while there are none.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.OffsetOutOfRange"/>, <see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.SchemaMismatch"/>.</exception>
    [ResponseTimeout("00:00:35")]
    Task<FetchAnswer> FetchAsync(FetchRequest request, CancellationToken cancellationToken);

    /// <summary>Makes committed frames ready to be read over the node's data port; null: the node has none, fetch them. The stream's bytes are the frames that
    /// <see cref="FetchAsync"/> would answer from the request's offset until one reaches the stop, end to end.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.OffsetOutOfRange"/>, <see cref="GridErrorCode.UnknownColumn"/>, <see cref="GridErrorCode.SchemaMismatch"/>.</exception>
    [ResponseTimeout("00:00:10")]
    Task<StreamTicket?> OpenStreamAsync(StreamRequest request, CancellationToken cancellationToken);

    /// <summary>Finds the offset of a place in the log.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.TimestampOutOfRange"/>: later than the node's clock.</exception>
    [ResponseTimeout("00:00:03")]
    Task<LogOffset> FindOffsetAsync(OffsetQuery query);

    /// <summary>Looks full keys up.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.InvalidKey"/>, <see cref="GridErrorCode.UnknownColumn"/>.</exception>
    [ResponseTimeout("00:00:03")]
    Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken);

    /// <summary>Opens a scan of the shard on a snapshot that is consistent with one offset: a prefix lookup, a range, the first n, or all of it.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.WrongTableKind"/>, <see cref="GridErrorCode.InvalidKey"/>, <see cref="GridErrorCode.UnknownColumn"/>,
    /// <see cref="GridErrorCode.Busy"/> (too many open scans).</exception>
    [ResponseTimeout("00:00:03")]
    Task<ScanAnswer> OpenScanAsync(ScanRequest request, CancellationToken cancellationToken);

    /// <summary>The next rows of a scan. <paramref name="page"/> counts up from 1; the last page may be asked for again.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownScan"/>: closed, expired, or lost with the bucket's activation.</exception>
    [ResponseTimeout("00:00:03")]
    Task<ScanAnswer> NextScanAsync(long scanId, int page, CancellationToken cancellationToken);

    /// <summary>Closes a scan; unknown ids are ignored.</summary>
    [ResponseTimeout("00:00:03")]
    Task CloseScanAsync(long scanId);

    /// <summary>Sizes and offsets of the bucket.</summary>
    [ResponseTimeout("00:00:03")]
    Task<BucketStatus> GetStatusAsync();

    /// <summary>Reads the table's schema and options again; where the table is gone, closes the bucket and deletes its files. Called by the catalog.</summary>
    [ResponseTimeout("00:00:30")]
    Task RefreshAsync();
}
