using System.Diagnostics;

namespace Grid.Storage.Lake.Commit;

/// <summary>
/// One commit to a lake table, as a state machine without I/O: it says what to do, and is told how that ended.
/// <para>
/// The argument. A version of the table is a metadata file <c>v(N+1)</c> that is created on top of <c>v(N)</c> only where no such file exists; so versions form one line, and each was built on
/// the one before it. A version carries the offsets up to which each bucket is in the lake. A change says from where to where it brings its buckets, and is applied only to a head whose
/// offsets are where it begins: rows come into the lake once, whoever else commits. A change that removes files is applied only to a head that has them: what it brings in their place comes in once too.
/// </para>
/// <para>
/// A create whose answer was lost, or that has its effect later, is resolved by reading the file of its number, not the head, which may have forgotten the snapshot since. It holds our snapshot: the change
/// is in. It is another's: ours was not and cannot be created any more, and the change goes on top of the new head. It is missing: the same create is sent again, and of the two one takes the name.
/// Metadata files must stay for longer than a commit may take.
/// </para>
/// </summary>
/// <param name="from">Where the buckets that the change counts on must be.</param>
/// <param name="expected">Those buckets: it moves them, or they must not have moved.</param>
/// <param name="attemptsMax">Heads and versions that may be read before it gives up.</param>
public sealed class CommitProtocol(LakeOffsets from, IReadOnlyCollection<LakeBucket> expected, int attemptsMax)
{
    private int _attempts;
    private bool _failed;
    private bool _sent;

    /// <summary>What to do now.</summary>
    public CommitStep Step { get; private set; } = CommitStep.ReadHead;

    /// <summary>The head that was read last: what the list and the next version are built on.</summary>
    public LakeHead? Head { get; private set; }

    /// <summary>The number of the version to create.</summary>
    public int NextVersion => Head!.Version + 1;

    /// <summary>Whether nothing is left to do.</summary>
    public bool IsOver => Step >= CommitStep.Committed;

    /// <summary>Why, where it was discarded; else null.</summary>
    public DiscardReason? Reason { get; private set; }

    /// <summary>The head was read.</summary>
    public void OnHead(LakeHead head)
    {
        Debug.Assert(Step == CommitStep.ReadHead && !_sent, "A head is read where no create is open.");
        Head = head;
        Step = expected.Any(bucket => head.Offsets[bucket] != from[bucket]) ? Discard(DiscardReason.OffsetsMoved)
            : ++_attempts > attemptsMax ? GivenUp()
            : CommitStep.WriteList;
    }

    /// <summary>The head does not take the change, or needs none: nothing was created on top of it.</summary>
    public void OnUnfit(DiscardReason reason)
    {
        Debug.Assert(Step == CommitStep.WriteList && !_sent, "A head is refused where no create is open.");
        Step = Discard(reason);
    }

    /// <summary>The list is written.</summary>
    public void OnListWritten()
    {
        Debug.Assert(Step == CommitStep.WriteList, "A list is written where one is asked for.");
        Step = CommitStep.CreateVersion;
    }

    /// <summary>The version was created by this call, or was there before: by somebody else, or by an earlier call of ours whose answer was lost.</summary>
    public void OnCreated(bool created)
    {
        Debug.Assert(Step == CommitStep.CreateVersion, "A version is created where one is asked for.");
        Step = created ? CommitStep.Committed : CommitStep.ReadVersion;
    }

    /// <summary>The file of the version's number was looked for.</summary>
    public void OnVersion(CreatedVersion found)
    {
        Debug.Assert(Step == CommitStep.ReadVersion, "A version is read where one is asked for.");
        _sent &= found == CreatedVersion.Missing;
        Step = found switch
        {
            CreatedVersion.Ours => CommitStep.Committed,
            _ when ++_attempts > attemptsMax => GivenUp(),
            CreatedVersion.Foreign => CommitStep.ReadHead,
            _ => CommitStep.CreateVersion,
        };
    }

    /// <summary>The step failed, and may have had its effect all the same.</summary>
    public void OnFailure()
    {
        _failed = true;
        _sent |= Step == CommitStep.CreateVersion;
        Step = ++_attempts > attemptsMax ? GivenUp() : _sent ? CommitStep.ReadVersion : CommitStep.ReadHead;
    }

    private CommitStep GivenUp() => _sent ? CommitStep.Unknown : Discard(_failed ? DiscardReason.StoreFailed : DiscardReason.Outrun);

    private CommitStep Discard(DiscardReason reason)
    {
        Reason = reason;
        return CommitStep.Discarded;
    }
}
