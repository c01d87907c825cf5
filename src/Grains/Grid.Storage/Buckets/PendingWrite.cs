using System.Threading.Tasks.Sources;
using Grid.Abstractions;

namespace Grid.Storage.Buckets;

/// <summary>
/// One request in the writer's queue. Made by the caller, then touched only by the loop until <see cref="Completion"/> ends; whoever awaits it reads the outcome
/// afterwards. Holds a reference to the request's block until <see cref="Complete"/>.
/// </summary>
internal sealed class PendingWrite : IValueTaskSource
{
    // Part of the object: an append allocates no task of its own to wait for.
    private ManualResetValueTaskSourceCore<bool> _done = new() { RunContinuationsAsynchronously = true };
    private int _ended;
    private readonly FrameBlock _block;
    private FrameBlock? _owned;
    private List<FrameBlock>? _moreOwned;

    /// <summary>Takes over one reference to <paramref name="block"/>.</summary>
    public PendingWrite(FrameBlock block, Frame[] frames, WriteRequest? request)
    {
        _block = block;
        Frames = frames;
        Request = request;
    }

    /// <summary>The request's frames, one at least: headers and message hashes are checked, messages are not.</summary>
    public Frame[] Frames { get; }

    /// <summary>The request of a primary-key table; null for an append.</summary>
    public WriteRequest? Request { get; }

    /// <summary>The writer of all frames, or 0.</summary>
    public WriterId Writer => Frames[0].Header.Writer;

    /// <summary>The sequence of the first frame; those of the others follow it.</summary>
    public int FirstSequence => Frames[0].Header.Sequence;

    public int Bytes => _block.Length;

    /// <summary>Frames before this one are in the log already: they came in an earlier request that this one repeats in part.</summary>
    public int FirstNew { get; set; }

    /// <summary>When it was parked, in <see cref="TimeProvider.GetTimestamp"/>'s ticks.</summary>
    public long ParkedAt { get; set; }

    /// <summary>Not null: nothing of it is written.</summary>
    public Refusal? Refusal { get; set; }

    /// <summary>Whether it is answered from memory: all its frames were in the log already. Such a write never reaches a stage.</summary>
    public bool IsRepeat { get; set; }

    /// <summary>The offset of its first row. Known from <see cref="WriteGroup.Emit"/> on.</summary>
    public LogOffset BaseOffset { get; set; }

    /// <summary>The offset after its last row.</summary>
    public LogOffset EndOffset { get; set; }

    public long TimestampMs { get; set; }

    /// <summary>What the stage adds to the answer (rows, inserted flags, conflicts); the engine fills in the offsets.</summary>
    public WriteAnswer? Answer { get; set; }

    /// <summary>What the stage wants to find again in <see cref="IWriteStage.Apply"/>.</summary>
    public object? StageState { get; set; }

    /// <summary>Ends when the outcome stands, or fails when the caller gives up; awaited once.</summary>
    public ValueTask Completion => new(this, _done.Version);

    /// <summary>Takes over a block that an emitted frame lies in.</summary>
    public void Own(FrameBlock block)
    {
        if (_owned is null)
            _owned = block;
        else
            (_moreOwned ??= []).Add(block);
    }

    /// <summary>Gives all memory back and wakes the caller.</summary>
    public void Complete()
    {
        _block.Dispose();
        _owned?.Dispose();
        _moreOwned?.ForEach(static block => block.Dispose());
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            _done.SetResult(true);
    }

    /// <summary>Ends the caller's wait. The write goes on, and nobody learns its outcome.</summary>
    public void GiveUp(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
            _done.SetException(new OperationCanceledException(cancellationToken));
    }

    void IValueTaskSource.GetResult(short token) => _done.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _done.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _done.OnCompleted(continuation, state, token, flags);
}
