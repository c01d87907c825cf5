using Grid.Abstractions;
using Grid.Storage.Lake.Compaction;
using Grid.Storage.Lake.Tables;

namespace Grid.Grains.Tiering;

/// <summary>A table's compaction as its tiering runs it: a step at a time beside the calls, later after each failure. What fails here holds up no round. Used on the grain's turns; steps run on the thread pool.</summary>
internal sealed class LakeCompactor(ITableCompaction compaction, GridGrainMetrics metrics, TimeProvider time)
{
    private const long BackoffMsMin = 1_000;
    private const long BackoffMsMax = 300_000;
    private string? _failure;
    private int _failures;
    private long _failedAt;

    /// <summary>Whether a step is under way.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>After a failure, how long the next step waits; else 0.</summary>
    public long BackoffMs => _failures == 0 ? 0 : Math.Min(BackoffMsMax, BackoffMsMin << Math.Min(_failures - 1, 10));

    /// <summary>Whether a step should be made.</summary>
    public bool IsDue(TableInfo table, LakeState? head) =>
        table.Options.Lake == LakeMode.On && compaction.IsDue(head) && time.GetElapsedTime(_failedAt).TotalMilliseconds >= BackoffMs;

    /// <summary>Has all small files rewritten, beginning with the next tick.</summary>
    public void Ask()
    {
        (_failures, _failure) = (0, null);
        compaction.Ask();
    }

    /// <summary>One step.</summary>
    /// <returns>Why it failed; null: it did not, or was cancelled.</returns>
    public async Task<Exception?> RunAsync(TableInfo table, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var step = CompactionStep.Nothing;
        Exception? failure = null;
        IsRunning = true;
        try
        {
            step = await Task.Run(() => compaction.RunAsync(table, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e)
        {
            failure = e;
        }
        finally
        {
            IsRunning = false;
        }

        metrics.CompactionEnded(table.Path.ToString(), failure is not null, time.GetElapsedTime(began), step.Removed, step.Bytes, compaction.Numbers.SmallFiles);
        _failures = failure is null ? 0 : _failures + 1;
        _failure = failure?.Message;
        _failedAt = time.GetTimestamp();
        return failure;
    }

    /// <summary>A status with what is known here.</summary>
    public LakeStatus Tell(LakeStatus status) => status with
    {
        SmallFiles = compaction.Numbers.SmallFiles,
        CompactedMs = compaction.Numbers.CommittedMs,
        IsCompacting = IsRunning || compaction.IsAsked,
        CompactionFailure = _failure ?? compaction.Numbers.Hindrance,
    };
}
