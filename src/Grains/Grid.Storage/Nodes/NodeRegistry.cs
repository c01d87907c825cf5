using System.Text.Json;
using Grid.Abstractions;
using Grid.Storage.Objects;

namespace Grid.Storage.Nodes;

/// <summary>
/// Which process is which node: <c>nodes/NAME.json</c>, changed only by compare-and-swap. A node claims its name before it joins the cluster, renews the claim while it runs and
/// gives it back at its stop. The lease compares the clocks of two machines; one that is wrong by more than the lease lets a second node take the name, which the first one notices at its next renewal.
/// </summary>
public sealed class NodeRegistry(IObjectStore objects, TimeProvider time)
{
    private const string Folder = "nodes/";
    private const string Extension = ".json";
    private const int RacesMax = 8;

    /// <summary>Claims a node's name. The same data directory takes over at once: nobody else can have it open. Another one only when the lease has lapsed.</summary>
    /// <returns>The claim's tag, and whom it took the name from; null: it was free, or this directory's.</returns>
    /// <exception cref="GridException"><see cref="GridErrorCode.AlreadyExists"/>: a node of that name runs.</exception>
    public async Task<(ObjectTag Tag, NodeRegistration? TakenFrom)> ClaimAsync(NodeRegistration own, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        var name = NameOf(own.Name);
        for (var race = 0; race < RacesMax; race++)
        {
            var content = await objects.ReadAsync(name, cancellationToken).ConfigureAwait(false);
            var present = content is null ? null : Parse(name, content);
            if (present is not null && present.Id != own.Id && present.LeaseUntilMs > NowMs())
                throw Refuse(own, present);
            var tag = content is null
                ? await objects.TryCreateAsync(name, Write(own), cancellationToken).ConfigureAwait(false)
                : await objects.TryReplaceAsync(name, Write(own), content.Tag, cancellationToken).ConfigureAwait(false);
            if (tag is { } claimed)
                return (claimed, present is not null && present.Id != own.Id ? present : null);
        }

        throw new GridException(GridErrorCode.Busy, $"'{name}' was changed by others {RacesMax} times in a row; see which nodes are being started as '{own.Name}', and start one.");
    }

    /// <summary>Renews a claim. An outcome that is not known is passed on; the next call sorts it out.</summary>
    /// <param name="own">The registration with its new lease.</param>
    /// <param name="tag">The tag of the last claim or renewal; null: not known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<(RenewOutcome Outcome, ObjectTag? Tag)> RenewAsync(NodeRegistration own, ObjectTag? tag, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        var name = NameOf(own.Name);
        if (tag is { } known && await objects.TryReplaceAsync(name, Write(own), known, cancellationToken).ConfigureAwait(false) is { } renewed)
            return (RenewOutcome.Renewed, renewed);
        var content = await objects.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        if (content is null) // somebody removed it
            return await objects.TryCreateAsync(name, Write(own), cancellationToken).ConfigureAwait(false) is { } made ? (RenewOutcome.Renewed, made) : (RenewOutcome.Again, null);
        return Parse(name, content).Run == own.Run ? (RenewOutcome.Again, content.Tag) : (RenewOutcome.Lost, null);
    }

    /// <summary>Gives the name back if it still is this run's.</summary>
    public async Task ReleaseAsync(NodeRegistration own, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(own);
        var name = NameOf(own.Name);
        var content = await objects.ReadAsync(name, cancellationToken).ConfigureAwait(false);
        if (content is not null && Parse(name, content).Run == own.Run)
            await objects.TryDeleteAsync(name, content.Tag, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a node's registration; null where it has none.</summary>
    public async Task<NodeRegistration?> ReadAsync(NodeName node, CancellationToken cancellationToken)
    {
        var name = NameOf(node);
        return await objects.ReadAsync(name, cancellationToken).ConfigureAwait(false) is { } content ? Parse(name, content) : null;
    }

    private static string NameOf(NodeName node) => $"{Folder}{node}{Extension}";

    private static NodeRegistration Parse(string name, ObjectContent content)
    {
        var document = NodeJson.Read(name, content.Bytes.Span, NodeJson.Default.NodeRegistrationDocument, document => document.Format);
        if (!NodeId.TryParse(document.Id, out var id) || !NodeId.TryParse(document.Run, out var run))
            throw NodeJson.Damaged(name, "an id is not legal");
        return new NodeRegistration
        {
            Name = NodeName.Parse(name[Folder.Length..^Extension.Length]),
            Id = id,
            Run = run,
            Silo = document.Silo,
            StartedMs = document.StartedMs,
            LeaseUntilMs = document.LeaseUntilMs,
            Zone = document.Zone,
            DataPort = document.DataPort,
        };
    }

    private static byte[] Write(NodeRegistration own) =>
        JsonSerializer.SerializeToUtf8Bytes(new NodeRegistrationDocument
        {
            Format = NodeJson.Format,
            Id = own.Id.ToString(),
            Run = own.Run.ToString(),
            Silo = own.Silo,
            StartedMs = own.StartedMs,
            LeaseUntilMs = own.LeaseUntilMs,
            Zone = own.Zone,
            DataPort = own.DataPort,
        }, NodeJson.Default.NodeRegistrationDocument);

    private GridException Refuse(NodeRegistration own, NodeRegistration present) =>
        new(GridErrorCode.AlreadyExists,
            $"A node '{own.Name}' with another data directory runs at {present.Silo} since {DateTimeOffset.FromUnixTimeMilliseconds(present.StartedMs):u}. Give this one a name of its own (Grid:Node, --node). "
            + $"If that node is gone for good, start again in {(present.LeaseUntilMs - NowMs() + 999) / 1000} s, when its registration has lapsed.");

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
