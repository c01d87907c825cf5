using Grid.Abstractions;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Iceberg;

namespace Grid.Storage.Lake.Tables;

/// <summary>
/// Carries one commit to its end: does what <see cref="CommitProtocol"/> says and tells it how that went. A version is known as this commit's by a random id in its properties.
/// <para>
/// A version's number must not come free again while a create for it is under way, or the create would fork the table below its head. So nothing is created any more once half of
/// <see cref="LakeTableOptions.MetadataAge"/> has gone by since the head was read; what is behind the head is deleted only after all of it.
/// </para>
/// </summary>
internal sealed class LakeCommitter(LakeTableFiles files, LakeHeads heads, ILakeUpdate update, TimeProvider time, LakeTableOptions options)
{
    private readonly string _id = Guid.NewGuid().ToString("D");
    private readonly CommitProtocol _protocol = new(update.From, update.Expected, options.AttemptsMax);
    private LakeState? _head;
    private long _headAt;
    private LakeDraft? _draft;
    private LakeState? _next;
    private byte[] _bytes = [];
    private bool _sent;
    private Exception? _failure;

    /// <summary>Runs it; <see cref="LakeOutcome.Discarded"/> with the head also where the head does not take the update or needs no new version.</summary>
    /// <exception cref="GridException">There is no table, or a file of it is damaged. Where a version may have been created then, its files stay.</exception>
    public async Task<LakeCommit> RunAsync(CancellationToken cancellationToken)
    {
        var failures = 0;
        while (!_protocol.IsOver)
        {
            try
            {
                await StepAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return await CancelledAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (IsFailure(exception))
            {
                _failure = exception;
                _protocol.OnFailure();
                try
                {
                    if (!_protocol.IsOver)
                        await Task.Delay(Backoff(failures++), time, cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return await CancelledAsync().ConfigureAwait(false);
                }
            }
        }

        return await EndAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task StepAsync(CancellationToken cancellationToken)
    {
        switch (_protocol.Step)
        {
            case CommitStep.ReadHead:
                cancellationToken.ThrowIfCancellationRequested();
                _headAt = time.GetTimestamp();
                _head = await heads.ReadAsync(cancellationToken).ConfigureAwait(false)
                    ?? throw new GridException(GridErrorCode.UnknownTable, $"There is no lake table at {files.Location}; create it before the first commit.");
                _protocol.OnHead(new LakeHead(_head.Version, _head.Offsets));
                break;
            case CommitStep.WriteList:
                if (await update.PrepareAsync(_head!, cancellationToken).ConfigureAwait(false) is not { } draft)
                {
                    _protocol.OnUnfit(update.Unfit);
                    break;
                }

                Draw(draft);
                _protocol.OnListWritten();
                break;
            case CommitStep.CreateVersion:
                cancellationToken.ThrowIfCancellationRequested();
                if (time.GetElapsedTime(_headAt) > options.MetadataAge / 2)
                    throw new TimeoutException($"The head of {files.Location} was read too long ago to build on it.");
                _sent = true;
                _protocol.OnCreated(await files.TryCreateAsync(LakeNames.Metadata(_protocol.NextVersion), _bytes, cancellationToken).ConfigureAwait(false));
                break;
            default:
                var found = await FindVersionAsync(cancellationToken).ConfigureAwait(false);
                _sent &= found != CreatedVersion.Foreign;
                _protocol.OnVersion(found);
                break;
        }
    }

    private void Draw(LakeDraft draft)
    {
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        var metadata = draft.Metadata.SetProperties([new(LakeProperties.Commit, _id)], nowMs).Following(_head!.Metadata, files.LocationOf(LakeNames.Metadata(_head.Version)));
        _draft = draft;
        _next = new LakeState(_head.Version + 1, metadata, draft.Offsets);
        _bytes = TableMetadataWriter.Write(metadata);
    }

    private async Task<CreatedVersion> FindVersionAsync(CancellationToken cancellationToken) =>
        await heads.FindAsync(_protocol.NextVersion, cancellationToken).ConfigureAwait(false) is not { } found ? CreatedVersion.Missing
            : found.Metadata.Properties.GetValueOrDefault(LakeProperties.Commit) == _id ? CreatedVersion.Ours : CreatedVersion.Foreign;

    private async Task<LakeCommit> EndAsync(CancellationToken cancellationToken)
    {
        switch (_protocol.Step)
        {
            case CommitStep.Committed:
                heads.Remember(_next!);
                await TryAsync(() => heads.WriteHintAsync(_next!.Version, cancellationToken)).ConfigureAwait(false);
                // What was written for heads that others were faster on.
                await DeleteAsync(update.Written.Except(_draft!.Files)).ConfigureAwait(false);
                return new LakeCommit(LakeOutcome.Committed, _next);
            case CommitStep.Discarded:
            // Given up before the first create, which came too late.
            case CommitStep.Unknown when !_sent:
                return await DiscardAsync(_protocol.Reason ?? DiscardReason.StoreFailed).ConfigureAwait(false);
            default:
                return new LakeCommit(LakeOutcome.Unknown, null) { Failure = _failure };
        }
    }

    private async Task<LakeCommit> CancelledAsync() =>
        _sent ? new LakeCommit(LakeOutcome.Unknown, null) { Failure = _failure } : await DiscardAsync(DiscardReason.Cancelled).ConfigureAwait(false);

    private async Task<LakeCommit> DiscardAsync(DiscardReason reason)
    {
        await DeleteAsync(update.Written).ConfigureAwait(false);
        return new LakeCommit(LakeOutcome.Discarded, _head) { Reason = reason, Failure = _failure };
    }

    /// <summary>Best effort: what stays is an orphan, which is found later. Not cancelled with the commit, whose end this is; at the first failure it stops.</summary>
    private Task DeleteAsync(IEnumerable<string> names) => TryAsync(async () =>
    {
        foreach (var name in names.ToArray())
            await files.DeleteAsync(name, CancellationToken.None).ConfigureAwait(false);
    });

    private static async Task TryAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception exception) when (IsFailure(exception) || exception is OperationCanceledException)
        {
            // Nobody depends on it.
        }
    }

    /// <summary>The environment's, so that it may go better next time. What is damaged or too large stays so.</summary>
    private static bool IsFailure(Exception exception) =>
        exception is IOException or TimeoutException or OperationCanceledException or GridException { Code: GridErrorCode.StorageFailed };

    private TimeSpan Backoff(int failures) => TimeSpan.FromMilliseconds(Math.Min(options.BackoffMsMax, options.BackoffMs * Math.Pow(2, Math.Min(failures, 30))));
}
