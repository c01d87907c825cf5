using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Grid.Abstractions;

namespace Grid.Grains.Nodes;

/// <summary>The node directory over Orleans' membership; zones and data ports come from the nodes' registrations.</summary>
internal sealed class NodeDirectory(IClusterMembershipService membership, LocalNode local, KnownRegistrations registrations) : INodeDirectory
{
    private volatile View _view = new(null, ImmutableSortedDictionary<string, Member>.Empty);

    public NodeName Local => local.Name;

    public ImmutableArray<LiveNode> Nodes
    {
        get
        {
            var members = Current().Members;
            var nodes = ImmutableArray.CreateBuilder<LiveNode>(members.Count);
            foreach (var (_, member) in members)
                nodes.Add(Describe(member));
            return nodes.MoveToImmutable();
        }
    }

    public bool TryGetSilo(NodeName node, [NotNullWhen(true)] out SiloAddress? silo)
    {
        silo = Current().Members.TryGetValue(node.Value, out var member) ? member.Silo : null;
        return silo is not null;
    }

    public async IAsyncEnumerable<NodeChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var known = ImmutableSortedDictionary<string, Member>.Empty;
        await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(cancellationToken))
        {
            var next = MembersOf(snapshot);
            foreach (var (name, member) in known)
                if (!next.TryGetValue(name, out var still) || !still.Silo.Equals(member.Silo))
                    yield return new NodeChange(member.Name, member.Silo, Lives: false);
            foreach (var (name, member) in next)
                if (!known.TryGetValue(name, out var before) || !before.Silo.Equals(member.Silo))
                    yield return new NodeChange(member.Name, member.Silo, Lives: true);
            known = next;
        }
    }

    private LiveNode Describe(Member member)
    {
        if (member.Name == local.Name)
            return new LiveNode(member.Name, member.Silo, local.Zone, local.DataPort, registrations.Draining.Contains(member.Name));
        // A zone outlives a restart; a data port does not.
        var registration = registrations.Find(member.Name);
        var isSameRun = registration?.Silo == member.Silo.ToParsableString();
        return new LiveNode(member.Name, member.Silo, registration?.Zone, isSameRun ? registration!.DataPort : null, registrations.Draining.Contains(member.Name));
    }

    private View Current()
    {
        var snapshot = membership.CurrentSnapshot;
        var view = _view;
        if (!ReferenceEquals(view.Snapshot, snapshot))
            _view = view = new View(snapshot, MembersOf(snapshot));
        return view;
    }

    /// <summary>Of two silos of one name the older one is about to be declared dead: the newer one counts.</summary>
    private static ImmutableSortedDictionary<string, Member> MembersOf(ClusterMembershipSnapshot snapshot)
    {
        var members = ImmutableSortedDictionary.CreateBuilder<string, Member>(StringComparer.Ordinal);
        foreach (var (silo, member) in snapshot.Members)
            if (member.Status == SiloStatus.Active && NodeName.IsLegal(member.Name)
                && (!members.TryGetValue(member.Name, out var other) || other.Silo.Generation < silo.Generation))
                members[member.Name] = new Member(new NodeName(member.Name), silo);
        return members.ToImmutable();
    }

    private sealed record View(ClusterMembershipSnapshot? Snapshot, ImmutableSortedDictionary<string, Member> Members);

    private sealed record Member(NodeName Name, SiloAddress Silo);
}
