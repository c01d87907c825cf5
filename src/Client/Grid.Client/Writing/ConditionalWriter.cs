using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Retrying;
using Grid.Client.Tables;

namespace Grid.Client.Writing;

/// <summary>
/// Single-row writes whose answer depends on the row that is there: insert if absent, compare and set. One at a time for each bucket, each with a sequence of its
/// own, so that a repeat after a lost answer is answered with the first outcome. A refusal uses no sequence up.
/// </summary>
internal sealed class ConditionalWriter(TableHandle table)
{
    private readonly Lane[] _lanes = [.. Enumerable.Range(0, table.Buckets).Select(_ => new Lane())];

    public async Task<WriteAnswer> WriteAsync(int bucket, RecordBatch row, TableSchema schema, WriteMode mode, long? expectedVersion, CancellationToken cancellationToken)
    {
        var lane = _lanes[bucket];
        await lane.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var encoder = new FrameEncoder(FrameUpgrade.EncoderOptions(table.Info));
            var started = table.Connection.Time.GetTimestamp();
            for (var attempt = 0; ; attempt++)
            {
                if (lane.Writer.Value == 0)
                    lane.Begin(await table.Connection.Retry.RunAsync(table.Connection.Catalog.AllocateWriterAsync, cancellationToken).ConfigureAwait(false));
                using var frame = encoder.Encode(row, schema, columns: null, FrameFlags.None, lane.Writer, lane.Sequence);
                var request = new WriteRequest { Frame = frame, Mode = mode, ExpectedVersions = expectedVersion is { } version ? [version] : [] };
                try
                {
                    // Not cancelled once sent: what it did must be known, or the lane begins again under another writer id.
                    var answer = await table.Connection.Loss.AnswerAsync(() => table.Bucket(bucket).WriteAsync(request, CancellationToken.None), CancellationToken.None).ConfigureAwait(false);
                    if (!answer.ConflictVersions.IsDefaultOrEmpty)
                        throw new GridException(GridErrorCode.VersionConflict, $"The row has version {answer.ConflictVersions[0]}, expected was {expectedVersion}; read it again.") { Detail = answer.ConflictVersions[0] };
                    lane.Advance();
                    return answer;
                }
                catch (GridException refusal) when (refusal.Code == GridErrorCode.SequenceOutOfOrder && refusal.Detail < lane.Sequence && !table.Connection.Retry.IsOver(started))
                {
                    lane.Begin(default); // the bucket has forgotten this writer; the write was not stored
                }
                catch (Exception failure) when (Retry.IsTransient(failure))
                {
                    if (table.Connection.Retry.IsOver(started))
                    {
                        lane.Begin(default);
                        throw Retry.Report(failure);
                    }

                    await table.Connection.Retry.PauseAsync(attempt, CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            lane.Turn.Release();
        }
    }

    /// <summary>One bucket's writer id and sequence.</summary>
    private sealed class Lane
    {
        public SemaphoreSlim Turn { get; } = new(1);

        public WriterId Writer { get; private set; }

        public int Sequence { get; private set; }

        public void Begin(WriterId writer) => (Writer, Sequence) = (writer, 0);

        public void Advance() => Sequence = (Sequence + 1) & int.MaxValue;
    }
}
